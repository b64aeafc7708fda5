package merge

import (
	"maps"
	"strconv"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// Adopt returns live with the desired values of some fields, each given by the names on its path; a field that desired lacks is
// removed. With the fields that Correct returns, it returns the object that Correct does. It is for a caller who has the fields alone,
// because the rules to find them are not at hand.
func Adopt(live, desired *unstructured.Unstructured, fields [][]string) *unstructured.Unstructured {
	out := live.DeepCopy()
	for _, field := range fields {
		if object, isObject := adoptValue(out.Object, desired.Object, field).(map[string]any); isObject {
			out.Object = object
		}
	}
	return out
}

// adoptValue returns live with the desired value at a path; nil removes it. It may change live.
func adoptValue(live, desired any, path []string) any {
	if len(path) == 0 {
		return runtime.DeepCopyJSONValue(desired)
	}
	wanted, wantsObject := desired.(map[string]any)
	if live == nil && wantsObject { // as labels and annotations, which are put back one by one
		live = map[string]any{}
	}
	if fields, isObject := live.(map[string]any); isObject && (wantsObject || desired == nil) {
		setOrDelete(fields, path[0], adoptValue(fields[path[0]], wanted[path[0]], path[1:]))
		return fields
	}
	have, isNamed := namedItems(live)
	want, wantsNamed := namedItems(desired)
	if live == nil || !isNamed || !wantsNamed {
		return runtime.DeepCopyJSONValue(desired)
	}
	items := maps.Clone(have.byName)
	setOrDelete(items, path[0], adoptValue(items[path[0]], want.byName[path[0]], path[1:]))
	var list []any
	for _, name := range (lists{into: have, desired: want}).order() {
		if item := items[name]; item != nil {
			list = append(list, item)
		}
	}
	return list
}

func setOrDelete(fields map[string]any, key string, value any) {
	if value == nil {
		delete(fields, key)
		return
	}
	fields[key] = value
}

// FindPath returns the path of a field that is given by names, and whether the object has it. An item of a list without names of their
// own is given by its number.
func FindPath(object *unstructured.Unstructured, names []string) (path Path, found bool) {
	var value any = object.Object
	for _, name := range names {
		switch container := value.(type) {
		case map[string]any:
			path, value = path.key(name), container[name]
		case []any:
			path, value = path.item(name), findItem(container, name)
		}
		if value == nil {
			return nil, false
		}
	}
	return path, true
}

// findItem returns the item of a list by its name or, in a list without names, by its number; nil if there is none.
func findItem(list []any, name string) any {
	if items, isNamed := namedItems(list); isNamed {
		return items.byName[name]
	}
	if number, err := strconv.Atoi(name); err == nil && number >= 0 && number < len(list) {
		return list[number]
	}
	return nil
}

// EqualAt reports whether two objects have the same value in a field. A null counts as absent.
func EqualAt(path Path, first, second *unstructured.Unstructured) bool {
	return equalValues(valueAt(path, first.Object), valueAt(path, second.Object))
}

// valueAt returns the value at a path below another value, or nil.
func valueAt(path Path, value any) any {
	for _, step := range path {
		var fields map[string]any
		if step.Item {
			list, _ := value.([]any)
			value = findItem(list, step.Name)
			continue
		}
		fields, _ = value.(map[string]any)
		value = fields[step.Name]
	}
	return value
}
