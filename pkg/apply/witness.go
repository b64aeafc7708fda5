package apply

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apply/merge"
)

// counted are the kinds whose changes the API server counts in metadata.generation, from 1 whatever a client sends. Of other kinds, such
// as ConfigMap, it stores the number that a client sends with a create, and never changes it.
var counted = map[schema.GroupKind]bool{
	{Group: "apps", Kind: "DaemonSet"}:                  true,
	{Group: "apps", Kind: "Deployment"}:                 true,
	{Group: "apps", Kind: "StatefulSet"}:                true,
	{Group: "batch", Kind: "CronJob"}:                   true,
	{Group: "networking.k8s.io", Kind: "Ingress"}:       true,
	{Group: "networking.k8s.io", Kind: "NetworkPolicy"}: true,
	{Group: "policy", Kind: "PodDisruptionBudget"}:      true,
}

// newWitness returns the function that reports whether a value that differs is Seedbed's own: a default or a webhook gave it while
// Seedbed wrote it. The managers prove that, but not to an exact comparison, which believes only the API server's own counter: nothing but
// the metadata has changed in the first generation of an object that was there when the restore was recorded.
func (i *inspecting) newWitness(live *unstructured.Unstructured) func(path merge.Path, removed bool) bool {
	entries := live.GetManagedFields()
	switch {
	case i.isFirstGeneration(live):
		return func(path merge.Path, _ bool) bool { return path[0].Name != "metadata" }
	case i.believesManagers(live):
		return func(path merge.Path, removed bool) bool {
			return !removed && len(managersOf(entries, path, i.client.fieldManager)) == 0
		}
	default:
		return func(merge.Path, bool) bool { return false }
	}
}

// isFirstGeneration reports whether the API server proves to an exact comparison that a live object was not changed since the restore.
func (i *inspecting) isFirstGeneration(live *unstructured.Unstructured) bool {
	return i.Exact && counted[i.object.Kind.GroupKind()] && live.GetGeneration() == 1 && !live.GetCreationTimestamp().After(i.RestoredAt)
}

// believesManagers reports whether the managers of a live object prove who wrote its values.
func (i *inspecting) believesManagers(live *unstructured.Unstructured) bool {
	return !i.Exact && isManagedBefore(live.GetManagedFields(), i.client.fieldManager, i.WrittenBefore)
}
