package merge

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestAddNamedAddsMissingEntries(t *testing.T) {
	named := func(names ...string) []any {
		var out []any
		for _, name := range names {
			out = append(out, map[string]any{"name": name})
		}
		return out
	}
	tests := map[string]struct{ have, add, want any }{
		"both have some":          {named("a"), named("a", "b", "b"), named("a", "b")},
		"the live one has none":   {nil, named("a"), named("a")},
		"the backup has none":     {named("a"), nil, named("a")},
		"odd shapes are no names": {"text", named("a"), named("a")},
		"neither has any":         {nil, nil, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			into := &unstructured.Unstructured{Object: map[string]any{}}
			if test.have != nil {
				into.Object["secrets"] = test.have
			}
			addNamed(into, &unstructured.Unstructured{Object: map[string]any{"secrets": test.add}}, "secrets")
			if diff := cmp.Diff(test.want, into.Object["secrets"]); diff != "" {
				t.Error(diff)
			}
		})
	}
}
