package merge

import (
	"maps"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// AddLabels sets labels on an object beside its own.
func AddLabels(object *unstructured.Unstructured, labels map[string]string) {
	object.SetLabels(union(object.GetLabels(), labels))
}

// union returns the entries of both maps; the second wins. It returns nil if both are empty.
func union(first, second map[string]string) map[string]string {
	if len(first)+len(second) == 0 {
		return nil
	}
	out := make(map[string]string, len(first)+len(second))
	maps.Copy(out, first)
	maps.Copy(out, second)
	return out
}

// difference returns the entries of the first map whose keys the second lacks.
func difference(first, second map[string]string) map[string]string {
	out := maps.Clone(first)
	maps.DeleteFunc(out, func(key, _ string) bool { _, found := second[key]; return found })
	return out
}
