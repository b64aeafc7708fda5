package apply

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestTraceOfWriters(t *testing.T) {
	entry := func(manager, subresource, fields string) metav1.ManagedFieldsEntry {
		return metav1.ManagedFieldsEntry{Manager: manager, Subresource: subresource, FieldsV1: metav1.NewFieldsV1(fields)}
	}
	ours := entry("seedbed", "", `{"f:data":{"f:a":{}}}`)
	of := func(edit func(*metav1.PartialObjectMetadata)) Trace {
		live := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"owner": "web"}, ManagedFields: []metav1.ManagedFieldsEntry{ours}}}
		if edit != nil {
			edit(live)
		}
		return newTrace(live, "seedbed", "owner", "web")
	}
	plain := of(nil)
	if !plain.Untouched {
		t.Error("an object that Seedbed alone wrote counts as touched")
	}
	for name, edit := range map[string]func(*metav1.PartialObjectMetadata){
		"another manager": func(o *metav1.PartialObjectMetadata) {
			o.ManagedFields = append(o.ManagedFields, entry("kubectl", "", "{}"))
		},
		"another's label":   func(o *metav1.PartialObjectMetadata) { o.Labels["owner"] = "db" },
		"a finalizer":       func(o *metav1.PartialObjectMetadata) { o.Finalizers = []string{"x"} },
		"an owner":          func(o *metav1.PartialObjectMetadata) { o.OwnerReferences = []metav1.OwnerReference{{}} },
		"a deletion":        func(o *metav1.PartialObjectMetadata) { o.DeletionTimestamp = &metav1.Time{} },
		"no known managers": func(o *metav1.PartialObjectMetadata) { o.ManagedFields = nil },
	} {
		if of(edit).Untouched {
			t.Errorf("%s: it counts as untouched", name)
		}
	}
	status := of(func(o *metav1.PartialObjectMetadata) {
		o.ManagedFields = append(o.ManagedFields, entry("kubelet", "status", "{}"))
	})
	if status != plain {
		t.Error("a status makes another trace")
	}
	removed := of(func(o *metav1.PartialObjectMetadata) { o.ManagedFields[0] = entry("seedbed", "", `{"f:data":{}}`) })
	if removed.Fields == plain.Fields || !removed.Untouched {
		t.Errorf("a removed field shows in the fields alone: %+v", removed)
	}
}
