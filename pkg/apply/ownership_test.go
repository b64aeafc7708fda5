package apply

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apply/merge"
)

// newEntry returns the entry of a manager, with its fields in the API server's encoding.
func newEntry(manager, subresource, fields string) metav1.ManagedFieldsEntry {
	return metav1.ManagedFieldsEntry{
		Manager: manager, Operation: metav1.ManagedFieldsOperationUpdate, Subresource: subresource, FieldsType: "FieldsV1",
		FieldsV1: metav1.NewFieldsV1(fields),
	}
}

func TestSoleManager(t *testing.T) {
	ours, theirs := newEntry("seedbed", "", `{}`), newEntry("kubectl-edit", "", `{}`)
	tests := map[string]struct {
		entries []metav1.ManagedFieldsEntry
		want    bool
	}{
		"no entries":                   {},
		"ours alone":                   {[]metav1.ManagedFieldsEntry{ours}, true},
		"ours and a subresource":       {[]metav1.ManagedFieldsEntry{ours, newEntry("hpa", "scale", `{}`), newEntry("kcm", "status", `{}`)}, true},
		"a subresource alone":          {[]metav1.ManagedFieldsEntry{newEntry("seedbed", "status", `{}`)}, false},
		"ours and another":             {[]metav1.ManagedFieldsEntry{ours, theirs}, false},
		"ours in two versions":         {[]metav1.ManagedFieldsEntry{ours, ours}, true},
		"a name that begins like ours": {[]metav1.ManagedFieldsEntry{ours, newEntry("seedbed-controller", "", `{}`)}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if isSoleManager(test.entries, "seedbed") != test.want {
				t.Errorf("want %v", test.want)
			}
		})
	}
}

func TestManagersOfField(t *testing.T) {
	key := func(name string) merge.Step { return merge.Step{Name: name} }
	item := func(name string) merge.Step { return merge.Step{Name: name, Item: true} }
	container := merge.Path{key("spec"), key("containers"), item("app"), key("image")}
	tests := map[string]struct {
		fields string
		path   merge.Path
		want   bool
	}{
		"the field":                       {`{"f:data":{"f:a":{}}}`, merge.Path{key("data"), key("a")}, true},
		"another field":                   {`{"f:data":{".":{},"f:b":{}}}`, merge.Path{key("data"), key("a")}, false},
		"a field below":                   {`{"f:data":{"f:a":{"f:b":{}}}}`, merge.Path{key("data"), key("a")}, true},
		"the value that has it":           {`{"f:data":{}}`, merge.Path{key("data"), key("a")}, true},
		"a dot in a key":                  {`{"f:data":{"f:.dockerconfigjson":{}}}`, merge.Path{key("data"), key(".dockerconfigjson")}, true},
		"an item by name":                 {`{"f:spec":{"f:containers":{"k:{\"name\":\"app\"}":{"f:image":{}}}}}`, container, true},
		"another item by name":            {`{"f:spec":{"f:containers":{"k:{\"name\":\"proxy\"}":{".":{},"f:image":{}}}}}`, container, false},
		"an item that was added as such":  {`{"f:spec":{"f:containers":{"k:{\"name\":\"proxy\"}":{}}}}`, container, false},
		"another field of the item":       {`{"f:spec":{"f:containers":{"k:{\"name\":\"app\"}":{"f:name":{}}}}}`, container, false},
		"an item by another key":          {`{"f:spec":{"f:ports":{"k:{\"port\":80}":{"f:targetPort":{}}}}}`, merge.Path{key("spec"), key("ports"), item("http"), key("targetPort")}, true},
		"an atomic list":                  {`{"f:subjects":{}}`, merge.Path{key("subjects"), item("dev")}, true},
		"fields that cannot be read":      {`{"f:data"`, merge.Path{key("data")}, false},
		"an entry without any fields":     {``, merge.Path{key("data")}, false},
		"a manager of nothing above it":   {`{}`, merge.Path{key("data")}, false},
		"an object beside it":             {`{"f:metadata":{"f:labels":{"f:a":{}}}}`, merge.Path{key("data")}, false},
		"all of the labels, by one label": {`{"f:metadata":{"f:labels":{"f:a":{}}}}`, merge.Path{key("metadata"), key("labels")}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			entries := []metav1.ManagedFieldsEntry{newEntry("seedbed", "", test.fields), newEntry("kubectl", "", test.fields), newEntry("helm", "", test.fields)}
			var want []string
			if test.want {
				want = []string{"helm", "kubectl"}
			}
			if diff := cmp.Diff(want, managersOf(entries, test.path, "seedbed")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestScaledObject(t *testing.T) {
	replicas := `{"f:spec":{"f:replicas":{}}}`
	if isScaled([]metav1.ManagedFieldsEntry{newEntry("kubectl-edit", "", replicas), newEntry("kcm", "status", `{}`)}) {
		t.Error("a writer of the object counts as an autoscaler")
	}
	if !isScaled([]metav1.ManagedFieldsEntry{newEntry("seedbed", "", `{}`), newEntry("hpa", "scale", replicas)}) {
		t.Error("an autoscaler does not count")
	}
}
