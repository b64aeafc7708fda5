package transform

// skipRule returns the reason for not restoring an object, as one clause, and whether the skip needs no warning. It does not change
// the object.
type skipRule func(c *cleaner) (reason string, quiet bool)

// leaveRules skip objects that the target never gets: a reference to one stays. They run first, need no other object, and the first
// reason wins.
var leaveRules = []skipRule{
	skipEmpty,
	skipOwnKinds,
	skipRuntimeKinds,
	skipLeaderElection,
	skipAPIServer,
	skipSecret,
	skipHelmRelease,
	skipSealedSecret,
	skipMirrorPod,
	skipFinished,
}

// remakeRules skip objects that the target gets from a controller or from the cluster: a reference to one moves.
var remakeRules = []skipRule{
	skipRootCA,
	skipPlainDefault,
	skipEndpoints,
	skipRemade,
}

// firstSkip returns the first reason that one of the rules has.
func (c *cleaner) firstSkip(rules []skipRule) (reason string, quiet bool) {
	for _, rule := range rules {
		if reason, quiet = rule(c); reason != "" {
			return reason, quiet
		}
	}
	return "", false
}
