package merge

import "k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

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
	for key, value := range first {
		out[key] = value
	}
	for key, value := range second {
		out[key] = value
	}
	return out
}

// difference returns the entries of the first map whose keys the second lacks.
func difference(first, second map[string]string) map[string]string {
	out := map[string]string{}
	for key, value := range first {
		if _, found := second[key]; !found {
			out[key] = value
		}
	}
	return out
}
