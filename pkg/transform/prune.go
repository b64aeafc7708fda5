package transform

import "k8s.io/apimachinery/pkg/runtime/schema"

// WhyNeverPruned returns a clause with the reason why an update never deletes an object, whoever wrote it; empty if it may.
func WhyNeverPruned(gk schema.GroupKind, name string) string {
	switch {
	case gk == pvcKind:
		return "holds data"
	case gk == serviceAccountKind && name == "default":
		return "is in every namespace"
	case isCustom(gk.Group):
		return "is a custom resource, which may stand for things outside of the cluster"
	default:
		return ""
	}
}
