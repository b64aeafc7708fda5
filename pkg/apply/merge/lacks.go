package merge

import "k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

// Lacks reports whether a normalized live object lacks a field, or an item of a list, that all bases have. Another writer has then
// removed it. The managers do not show that, because a field that is gone has none.
func Lacks(normalized *unstructured.Unstructured, bases []*unstructured.Unstructured) bool {
	return len(bases) > 0 && lacksField(contentOf(normalized), contentsOf(bases))
}

func lacksField(live map[string]any, bases []map[string]any) bool {
	for key := range bases[0] {
		values := make([]any, 0, len(bases))
		for _, base := range bases {
			values = append(values, base[key])
		}
		if lacksValue(live[key], values) {
			return true
		}
	}
	return false
}

func lacksValue(live any, bases []any) bool {
	if live == nil {
		return !equalsAny(nil, bases)
	}
	liveFields, isObject := live.(map[string]any)
	liveItems, isNamed := namedItems(live)
	var objects, lists []map[string]any
	for _, base := range bases {
		if fields, isObject := base.(map[string]any); isObject {
			objects = append(objects, fields)
		}
		if items, isNamed := namedItems(base); isNamed {
			lists = append(lists, items.byName)
		}
	}
	switch {
	case isObject && len(objects) == len(bases):
		return lacksField(liveFields, objects)
	case isNamed && len(lists) == len(bases):
		return lacksField(liveItems.byName, lists)
	default:
		return false
	}
}
