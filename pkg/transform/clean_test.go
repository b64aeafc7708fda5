package transform

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestNormalizeCleansSkippedObjects(t *testing.T) {
	tests := map[string]map[string]any{
		"a finished Job": {
			"apiVersion": "batch/v1", "kind": "Job",
			"metadata": map[string]any{"name": "a", "uid": "1", "labels": map[string]any{"job-name": "a"}},
			"spec":     map[string]any{"selector": map[string]any{}},
			"status":   map[string]any{"conditions": []any{map[string]any{"type": "Complete", "status": "True"}}},
		},
		"a finished Pod": {
			"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "a", "uid": "1"},
			"spec": map[string]any{"nodeName": "n"}, "status": map[string]any{"phase": "Succeeded"},
		},
		"no metadata": {"apiVersion": "v1", "kind": "Pod", "spec": map[string]any{"nodeName": "n"}},
	}
	for name, object := range tests {
		t.Run(name, func(t *testing.T) {
			want := map[string]any{
				"apiVersion": object["apiVersion"], "kind": object["kind"],
				"metadata": map[string]any{"name": "a"}, "spec": map[string]any{},
			}
			if object["metadata"] == nil {
				want = (&unstructured.Unstructured{Object: object}).DeepCopy().Object
			}
			Normalize(Object{Resource: schema.GroupResource{}, Content: &unstructured.Unstructured{Object: object}}, nil)
			if diff := cmp.Diff(want, object); diff != "" {
				t.Error(diff)
			}
		})
	}
}
