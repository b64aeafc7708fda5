// Package policy decides which baselines a namespace should hold, in which order, or why not, and when it gets a new revision.
//
// It is pure: it reads objects that the caller has and never calls the API server. Admission and the reconcilers use the same
// rules, so the result of a dry run is the result of the real request.
//
//   - Compile turns Baselines into a Set once, and Set.Decide decides for any number of namespaces. decide.go has the order and
//     the rules.
//   - ParseAnnotation parses the names that a namespace asks for. AnnotationDigest returns a digest of the annotations, and
//     IsMarked reports whether their values are older than the policies that review them.
//   - Excluded reports whether a namespace is never populated, ChosenLater whether it existed before it was given a baseline,
//     and MadeByVelero and HeldBy whether Velero may still be making it.
//   - NextRollout decides which of the namespaces that hold older content may be updated now, step by step, and RevisionFor which
//     revision a new namespace gets meanwhile. rollout.go has the rules.
//   - Set.Holdings returns the state of a namespace with each baseline that it should hold or holds, given its records: the counts
//     in a Baseline's status and the lists of the command line are made by it. Set.ExplainRelease has the reason of a released one.
//   - ValidateSelectors returns the errors in a Baseline's selectors.
package policy
