package policy

// Excluded reports whether Seedbed leaves a namespace alone, whatever any Baseline or annotation says: the system's, and
// the one that Seedbed runs in. They are named, not matched by a prefix: anybody may create a namespace kube-anything, and
// must not escape a Required baseline by that. The chart's admission policies and webhooks exclude the same in CEL.
func Excluded(name, ownNamespace string) bool {
	switch name {
	case "kube-system", "kube-public", "kube-node-lease", ownNamespace:
		return true
	default:
		return false
	}
}
