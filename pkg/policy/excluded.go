package policy

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Excluded reports whether a namespace is never populated, despite any Baseline or annotation: the system's namespaces, and
// the one in which Seedbed runs. They are compared by name and not by a prefix, because a tenant may create a namespace
// kube-anything and must not escape a Required baseline by that. The chart's policies and webhooks exclude the same in CEL.
func Excluded(name, ownNamespace string) bool {
	switch name {
	case "kube-system", "kube-public", "kube-node-lease", ownNamespace:
		return true
	default:
		return false
	}
}

// CanHold reports whether a namespace can hold baselines: it is neither excluded nor being deleted.
func CanHold(namespace metav1.Object, ownNamespace string) bool {
	return namespace.GetDeletionTimestamp() == nil && !Excluded(namespace.GetName(), ownNamespace)
}
