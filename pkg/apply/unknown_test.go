package apply

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"seedbed.dev/seedbed/pkg/apply/merge"
)

// namedObjects returns a list of objects with these names.
func namedObjects(names ...string) []any {
	var list []any
	for _, name := range names {
		list = append(list, map[string]any{"name": name})
	}
	return list
}

// The earlier values of some fields are not known: they are Seedbed's own unless another manager may have written the field.
func TestUnknownEarlierValues(t *testing.T) {
	const (
		ours     = `{"f:spec":{"f:host":{},"f:quota":{},"f:subjects":{},"f:map":{"f:a":{}},"f:list":{"k:{\"name\":\"a\"}":{"f:v":{}}}}}`
		theirs   = `{"f:spec":{"f:quota":{}}}`
		subjects = `{"f:spec":{"f:subjects":{}}}`
		inMap    = `{"f:spec":{"f:map":{"f:b":{}}}}`
	)
	object := func(fields map[string]any) *unstructured.Unstructured {
		spec := map[string]any{"other": "x"}
		for field, value := range fields {
			if value != nil {
				spec[field] = value
			}
		}
		return &unstructured.Unstructured{Object: map[string]any{"spec": spec}}
	}
	newFields := map[string]any{
		"host": "new", "quota": "new", "subjects": namedObjects("new", "auditors"), "map": map[string]any{"a": "new"}, "list": []any{map[string]any{"name": "a", "v": "new"}},
	}
	with := func(fields map[string]any, changes map[string]any) *unstructured.Unstructured {
		all := maps.Clone(fields)
		maps.Copy(all, changes)
		return object(all)
	}
	oldFields := map[string]any{
		"host": "old", "quota": "old", "subjects": namedObjects("old", "auditors"), "map": map[string]any{"a": "old"}, "list": []any{map[string]any{"name": "a", "v": "old"}},
	}
	unknown := [][]string{{"spec", "host"}, {"spec", "quota"}, {"spec", "subjects"}, {"spec", "map"}, {"spec", "list", "a", "v"}}
	tests := map[string]struct {
		live, want *unstructured.Unstructured
		conflicts  []string
		entries    []string
	}{
		"Seedbed's own are replaced":                   {live: object(oldFields), want: object(newFields), entries: []string{ours}},
		"a tenant's value is a conflict":               {live: with(oldFields, map[string]any{"quota": "mine"}), conflicts: []string{"spec.quota"}, entries: []string{ours, theirs}},
		"a tenant's value that is the new one is none": {live: with(oldFields, map[string]any{"quota": "new"}), want: object(newFields), entries: []string{ours, theirs}},
		"a list with a tenant's item is a conflict": {
			live: with(oldFields, map[string]any{"subjects": namedObjects("old", "auditors", "alice")}), conflicts: []string{"spec.subjects"}, entries: []string{ours, subjects},
		},
		"a map with a tenant's key is a conflict": {
			live: with(oldFields, map[string]any{"map": map[string]any{"a": "old", "b": "mine"}}), conflicts: []string{"spec.map"}, entries: []string{ours, inMap},
		},
		"without managers each may be another's": {
			live: object(oldFields), conflicts: []string{"spec.host", "spec.quota", "spec.subjects", "spec.map", "spec.list[a].v"},
		},
		"a field that was never computed comes": {live: with(oldFields, map[string]any{"host": nil}), want: object(newFields), entries: []string{ours}},
		"an item that was removed stays away":   {live: with(oldFields, map[string]any{"list": nil}), want: with(newFields, map[string]any{"list": nil}), entries: []string{ours}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			desired := object(newFields)
			c := &comparison{live: test.live, normalized: test.live.DeepCopy(), desired: desired, bases: []*unstructured.Unstructured{desired.DeepCopy()}, manager: "seedbed"}
			for i, written := range test.entries {
				c.entries = append(c.entries, metav1.ManagedFieldsEntry{Manager: []string{"seedbed", "kubectl-edit"}[i], FieldsV1: metav1.NewFieldsV1(written)})
			}
			c.rebase(unknown)
			merged, conflicts := c.threeWay(merge.ThreeWay)
			var paths []string
			for _, conflict := range conflicts {
				paths = append(paths, conflict.Path.String())
			}
			if diff := cmp.Diff(test.conflicts, paths); diff != "" {
				t.Fatal(diff)
			}
			if test.want == nil {
				return
			}
			if diff := cmp.Diff(test.want.Object, merged.Object); diff != "" {
				t.Error(diff)
			}
		})
	}
}
