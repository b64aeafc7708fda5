package apply

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A comparison names each field that differs, and leaves those out that a webhook would set again.
func TestInspectNamesTheFields(t *testing.T) {
	both := map[string]any{"a": "x", "b": "y"}
	for name, test := range map[string]struct {
		live       map[string]any
		mutate     func(written *unstructured.Unstructured)
		inspection Inspection
		want       string
	}{
		"none": {live: map[string]any{"a": "1", "b": "2"}},
		"all":  {live: both, want: "data.a data.b"},
		"one that a webhook sets again": {
			live: both, mutate: func(written *unstructured.Unstructured) {
				_ = unstructured.SetNestedField(written.Object, "x", "data", "a")
			}, want: "data.b",
		},
		"one that was removed":              {live: map[string]any{"a": "1"}, want: "data.b"},
		"one that was added, exactly":       {live: map[string]any{"a": "1", "b": "2", "c": "3"}, inspection: Inspection{Exact: true}, want: "data.c"},
		"one that was added to an Optional": {live: map[string]any{"a": "1", "b": "2", "c": "3"}},
	} {
		t.Run(name, func(t *testing.T) {
			server := &objectServer{live: newDriftCase(), mutate: test.mutate}
			setData(server, test.live)
			object := newGoldenObject(t, &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "data": newDriftCase().Object["data"]}})
			drift := server.newApplier(t, object.Kind).Inspect(t.Context(), Target{Namespace: "bar", Rules: goldenRules{}}, object, test.inspection)
			var fields []string
			for _, path := range drift.Fields {
				fields = append(fields, path.String())
			}
			if got := strings.Join(fields, " "); got != test.want || drift.Err != nil || drift.Version.Version != "v1" {
				t.Errorf("fields %q of version %v, %v; want %q", got, drift.Version, drift.Err, test.want)
			}
		})
	}
}
