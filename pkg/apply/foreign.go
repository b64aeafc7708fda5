package apply

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apply/merge"
)

var serviceKind = schema.GroupKind{Kind: "Service"}

// removeForeign removes from an object of an exact comparison the fields by which others get a part in it although the rules never write
// them: an owner decides when it is deleted, and an external address takes the traffic of others. It returns those that were there.
// Controllers own objects that are not protectable.
func (i *inspecting) removeForeign(written *unstructured.Unstructured) (removed []merge.Conflict) {
	if !i.Exact || !IsProtectable(&i.object) {
		return nil
	}
	fields := []merge.Path{{{Name: "metadata"}, {Name: "ownerReferences"}}}
	if i.object.Kind.GroupKind() == serviceKind {
		fields = append(fields, merge.Path{{Name: "spec"}, {Name: "externalIPs"}})
	}
	for _, path := range fields {
		parent, name := path[0].Name, path[1].Name
		items, _, _ := unstructured.NestedSlice(written.Object, parent, name)
		if len(items) == 0 || i.isIgnored(path) {
			continue
		}
		unstructured.RemoveNestedField(written.Object, parent, name)
		removed = append(removed, merge.Conflict{Path: path})
	}
	return removed
}
