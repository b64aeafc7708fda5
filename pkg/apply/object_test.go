package apply

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestBodyPutsVersionAndNamespaceIntoThePlan(t *testing.T) {
	const placeholder = "seedbed-0123456789abcdef"
	tests := map[string]struct {
		content map[string]any
		version schema.GroupVersion
		want    string
		shared  bool
	}{
		"an object that names no namespace is shared": {
			content: map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "data": map[string]any{"a": "b"}},
			version: schema.GroupVersion{Version: "v1"},
			want:    `{"apiVersion":"v1","kind":"ConfigMap","data":{"a":"b"}}`, shared: true,
		},
		"the target's name replaces the placeholder, everywhere": {
			content: map[string]any{"kind": "X", "a": placeholder, "b": []any{"x." + placeholder + ".svc", placeholder}},
			version: schema.GroupVersion{Group: "g", Version: "v2"},
			want:    `{"apiVersion":"g/v2","kind":"X","a":"bar","b":["x.bar.svc","bar"]}`,
		},
		"the version is the one that is served, not the one that was stored": {
			content: map[string]any{"apiVersion": "g/v1beta1", "kind": "X"},
			version: schema.GroupVersion{Group: "g", Version: "v1"},
			want:    `{"apiVersion":"g/v1","kind":"X"}`, shared: true,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			body, err := NewBody(test.content, placeholder)
			if err != nil {
				t.Fatal(err)
			}
			var got, want any
			if err := json.Unmarshal(body.For(test.version, "bar"), &got); err != nil {
				t.Fatalf("%s: %v", body.For(test.version, "bar"), err)
			}
			if err := json.Unmarshal([]byte(test.want), &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if body.Shared() != test.shared {
				t.Errorf("Shared() = %v, want %v", body.Shared(), test.shared)
			}
		})
	}
}
