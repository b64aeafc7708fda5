package manifest

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestBodyEncodesVersionNamespaceAndLabels(t *testing.T) {
	const placeholder = "seedbed-0123456789abcdef"
	tests := map[string]struct {
		content map[string]any
		version schema.GroupVersion
		labels  map[string]string
		want    string
		shared  bool
	}{
		"an object that names no namespace is shared": {
			content: map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "data": map[string]any{"a": "b"}},
			version: schema.GroupVersion{Version: "v1"},
			want:    `{"apiVersion":"v1","kind":"ConfigMap","data":{"a":"b"},"metadata":{"labels":{}}}`, shared: true,
		},
		"the target's name replaces the placeholder, everywhere": {
			content: map[string]any{"kind": "X", "a": placeholder, "b": []any{"x." + placeholder + ".svc", placeholder}},
			version: schema.GroupVersion{Group: "g", Version: "v2"},
			want:    `{"apiVersion":"g/v2","kind":"X","a":"bar","b":["x.bar.svc","bar"],"metadata":{"labels":{}}}`,
		},
		"the version is the one that is served, not the one that was stored": {
			content: map[string]any{"apiVersion": "g/v1beta1", "kind": "X"},
			version: schema.GroupVersion{Group: "g", Version: "v1"},
			want:    `{"apiVersion":"g/v1","kind":"X","metadata":{"labels":{}}}`, shared: true,
		},
		"labels are all that the object has": {
			content: labelledObject(nil), version: schema.GroupVersion{Version: "v1"}, labels: map[string]string{"seedbed.dev/backup": "b"},
			want: `{"apiVersion":"v1","kind":"X","metadata":{"name":"x","labels":{"seedbed.dev/backup":"b"}}}`, shared: true,
		},
		"labels come after, between and before those of the object": {
			content: labelledObject(map[string]any{"a": "1", "z": "2", "!": "3", "~": placeholder}), version: schema.GroupVersion{Version: "v1"},
			labels: map[string]string{"seedbed.dev/backup": "b", "seedbed.dev/baseline": "web"},
			want:   `{"apiVersion":"v1","kind":"X","metadata":{"name":"x","labels":{"!":"3","a":"1","z":"2","~":"bar","seedbed.dev/backup":"b","seedbed.dev/baseline":"web"}}}`,
		},
		"labels come after all others": {
			content: labelledObject(map[string]any{"a": "1"}), version: schema.GroupVersion{Version: "v1"}, labels: map[string]string{"b": "2"},
			want: `{"apiVersion":"v1","kind":"X","metadata":{"name":"x","labels":{"a":"1","b":"2"}}}`, shared: true,
		},
		"labels come before all others": {
			content: labelledObject(map[string]any{"z": "1"}), version: schema.GroupVersion{Version: "v1"}, labels: map[string]string{"b": "2"},
			want: `{"apiVersion":"v1","kind":"X","metadata":{"name":"x","labels":{"z":"1","b":"2"}}}`, shared: true,
		},
		"an object's labels without others": {
			content: labelledObject(map[string]any{"a": "1", "z": "2"}), version: schema.GroupVersion{Version: "v1"},
			want: `{"apiVersion":"v1","kind":"X","metadata":{"name":"x","labels":{"a":"1","z":"2"}}}`, shared: true,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			body, err := NewBody(test.content, placeholder)
			if err != nil {
				t.Fatal(err)
			}
			var got, want any
			sent := body.Encode(test.version, "bar", NewLabels(test.labels))
			if err := json.Unmarshal(sent, &got); err != nil {
				t.Fatalf("%s: %v", sent, err)
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

// The bytes count in a digest that several processes compare, each with placeholders of its own.
func TestBodyPlacesLabelsWhateverThePlaceholderIs(t *testing.T) {
	for _, own := range []string{"a", "foo/labels", "seedbed--", "seedbed.dev/x", "seedbed-1", "seedbed-4", "seedbed-m", "seedbed-z", "z"} {
		t.Run(own, func(t *testing.T) {
			var bodies []string
			for _, placeholder := range []string{"seedbed-2early", "seedbed-manifest", "seedbed-zlate"} {
				body := bodyOf(t, labelledObject(map[string]any{own: placeholder, "seedbed-": "x"}), placeholder)
				bodies = append(bodies, string(body.Encode(schema.GroupVersion{Version: "v1"}, "bar", NewLabels(map[string]string{"new": "label"}))))
			}
			for _, body := range bodies[1:] {
				if diff := cmp.Diff(bodies[0], body); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func labelledObject(labels map[string]any) map[string]any {
	metadata := map[string]any{"name": "x"}
	if labels != nil {
		metadata["labels"] = labels
	}
	return map[string]any{"kind": "X", "metadata": metadata}
}

// Each object of each namespace is encoded once: one allocation, labels included.
func BenchmarkBodyEncode(b *testing.B) {
	body, err := NewBody(map[string]any{
		"kind": "ConfigMap", "metadata": map[string]any{"name": "settings"}, "data": map[string]any{"key": "value"},
	}, "placeholder")
	if err != nil {
		b.Fatal(err)
	}
	labels := NewLabels(map[string]string{"seedbed.dev/backup": "b", "seedbed.dev/baseline": "web"})
	b.ReportAllocs()
	for b.Loop() {
		body.Encode(schema.GroupVersion{Version: "v1"}, "bar", labels)
	}
}
