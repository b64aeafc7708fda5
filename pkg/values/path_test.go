package values

import (
	"strings"
	"testing"
)

func TestMergedSteps(t *testing.T) {
	content := map[string]any{
		"subjects": []any{map[string]any{"name": "a"}, map[string]any{"name": "b"}},
		"rules":    []any{map[string]any{"host": "a", "name": "x"}, map[string]any{"host": "b"}},
		"spec":     map[string]any{"name": "x", "containers": []any{map[string]any{"name": "app", "image": "y"}}},
	}
	for path, want := range map[string]string{
		"/subjects/a/name":            "subjects",
		"/subjects/a/kind":            "subjects a kind",
		"/subjects/a":                 "subjects a",
		"/rules/0/name":               "rules 0 name",
		"/spec/name":                  "spec name",
		"/spec/containers/app/name":   "spec containers",
		"/spec/containers/app/image":  "spec containers app image",
		"/spec/containers/none/image": "spec containers none image",
		"/metadata/labels/team":       "metadata labels team",
	} {
		if got := strings.Join(mergedSteps(content, path), " "); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}
