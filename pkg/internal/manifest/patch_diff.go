package manifest

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
)

// differ collects the operations that turn one object into another.
type differ struct {
	operations []Operation
	// untestable reports that an old value cannot be tested.
	untestable bool
}

// diffObjects returns the operations that turn one object into another, in the order of their keys. Each change follows a test of
// the old value; null passes where there is none. ok is false if a value cannot be tested.
func diffObjects(oldFields, newFields map[string]any) (operations []Operation, ok bool) {
	d := &differ{}
	d.addObject("", oldFields, newFields)
	return d.operations, !d.untestable
}

func (d *differ) addObject(path string, oldFields, newFields map[string]any) {
	keys := maps.Clone(oldFields)
	maps.Copy(keys, newFields)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		oldValue, inOld := oldFields[key]
		newValue, inNew := newFields[key]
		switch keyPath := path + Pointer(key); {
		case !inNew:
			d.addRemoval(keyPath, oldValue)
		case !inOld:
			d.addChange(keyPath, nil, newValue)
		default:
			d.addValue(keyPath, oldValue, newValue)
		}
	}
}

// addValue adds the difference of two values of a field that both objects have.
func (d *differ) addValue(path string, oldValue, newValue any) {
	if reflect.DeepEqual(oldValue, newValue) {
		return
	}
	oldFields, isObject := oldValue.(map[string]any)
	newFields, isNewObject := newValue.(map[string]any)
	if isObject && isNewObject {
		d.addObject(path, oldFields, newFields)
		return
	}
	oldItems, newItems, named := matchNamedItems(oldValue, newValue)
	if !named {
		d.addChange(path, oldValue, newValue)
		return
	}
	for i := range oldItems {
		if !reflect.DeepEqual(oldItems[i], newItems[i]) {
			itemPath := path + Pointer(strconv.Itoa(i))
			d.operations = append(d.operations, TestOperation(itemPath+"/name", oldItems[i]["name"]))
			d.addObject(itemPath, oldItems[i], newItems[i])
		}
	}
}

func (d *differ) addRemoval(path string, oldValue any) {
	d.addTest(path, oldValue)
	d.operations = append(d.operations, RemoveOperation(path))
}

func (d *differ) addChange(path string, oldValue, newValue any) {
	d.addTest(path, oldValue)
	change := AddOperation(path, newValue)
	if oldValue != nil {
		change.Op = "replace"
	}
	d.operations = append(d.operations, change)
}

// addTest adds the test of an old value. The API server's library panics when it compares null with an item of a list.
func (d *differ) addTest(path string, oldValue any) {
	d.untestable = d.untestable || hasNullItem(oldValue)
	d.operations = append(d.operations, TestOperation(path, oldValue))
}

func hasNullItem(value any) bool {
	switch value := value.(type) {
	case []any:
		return slices.ContainsFunc(value, func(item any) bool { return item == nil || hasNullItem(item) })
	case map[string]any:
		for _, field := range value {
			if hasNullItem(field) {
				return true
			}
		}
	}
	return false
}

// matchNamedItems returns the items of two lists of objects that have the same names in the same order. The names must be unique.
func matchNamedItems(oldValue, newValue any) (oldItems, newItems []map[string]any, ok bool) {
	oldItems, oldNames := namedItems(oldValue)
	newItems, newNames := namedItems(newValue)
	return oldItems, newItems, len(oldNames) > 0 && slices.Equal(oldNames, newNames)
}

// namedItems returns the items of a list of objects and their names; none if one has no name or two have the same.
func namedItems(value any) (items []map[string]any, names []string) {
	list, _ := value.([]any)
	seen := map[string]bool{}
	for _, item := range list {
		fields, _ := item.(map[string]any)
		name, isText := fields["name"].(string)
		if !isText || seen[name] {
			return nil, nil
		}
		seen[name] = true
		items, names = append(items, fields), append(names, name)
	}
	return items, names
}
