package merge

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestMatchesIgnoresTheMarks(t *testing.T) {
	object := func(metadata map[string]any, value string) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{"metadata": metadata, "data": map[string]any{"key": value}}}
	}
	marks := map[string]string{"owner": "web"}
	for name, test := range map[string]struct {
		live, other *unstructured.Unstructured
		want        bool
	}{
		"no label but the mark":   {live: object(map[string]any{"labels": map[string]any{"owner": "web"}}, "a"), other: object(map[string]any{}, "a"), want: true},
		"a label beside the mark": {live: object(map[string]any{"labels": map[string]any{"owner": "web", "app": "x"}}, "a"), other: object(map[string]any{"labels": map[string]any{"app": "x"}}, "a"), want: true},
		"a label of the tenant's": {live: object(map[string]any{"labels": map[string]any{"owner": "web", "app": "x"}}, "a"), other: object(map[string]any{}, "a")},
		"another value":           {live: object(map[string]any{"labels": map[string]any{"owner": "web"}}, "b"), other: object(map[string]any{}, "a")},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Matches(test.live, test.other, marks); got != test.want {
				t.Errorf("Matches returned %t", got)
			}
		})
	}
}
