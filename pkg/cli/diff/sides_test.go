package diff

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"

	"seedbed.dev/seedbed/test/check"
)

// example is an object of testdata: as it is, as the baseline would write it, and the fields that differ.
type example struct {
	Live     map[string]any `json:"live"`
	Baseline map[string]any `json:"baseline"`
	Fields   []string       `json:"fields"`
}

// Each folder of testdata/sides has an example.yaml and the two sides that are printed.
func TestSides(t *testing.T) {
	for _, name := range []string{"configmap", "service", "secret", "secret-missing", "secret-added-key", "secret-without-data", "secret-annotations", "disowned", "items"} {
		t.Run(name, func(t *testing.T) {
			var given example
			if !check.ReadYAML(t, &given, "sides", name, "example.yaml") {
				t.Fatal("there is no example")
			}
			var current *unstructured.Unstructured
			if given.Live != nil {
				current = &unstructured.Unstructured{Object: given.Live}
			}
			both := newSides(current, &unstructured.Unstructured{Object: given.Baseline}, given.Fields)
			before, after, err := both.encode()
			if err != nil {
				t.Fatal(err)
			}
			check.Golden(t, before, "sides", name, "live.txt")
			check.Golden(t, after, "sides", name, "baseline.txt")
			for _, secret := range []string{"c2VjcmV0", "hunter2"} {
				if strings.Contains(before+after, secret) {
					t.Errorf("a value of a Secret is printed: %s%s", before, after)
				}
			}
		})
	}
}

// Whatever a tenant writes, the rest of the object is printed, and nothing moves the cursor.
func TestSidesPrintAnyText(t *testing.T) {
	want := map[string]any{"kind": "ConfigMap", "data": map[string]any{"text": "a\n\tb\x1b[31m\u007f\u009b\u0085\ufeff\uffff<x>\n", "number": int64(9007199254740993)}}
	text, err := encodeObject(&unstructured.Unstructured{Object: want})
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := utilyaml.Unmarshal([]byte(text), &got); err != nil || strings.ContainsAny(text, "\x1b\u007f\u009b") {
		t.Errorf("%q: %v", text, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(want, got): %s", diff)
	}
}
