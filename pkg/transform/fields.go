package transform

import "strconv"

const (
	notAnObject = "is not an object: left alone"
	notAList    = "is not a list: left alone"
	notAString  = "is not a string: left alone"
)

// objectField returns the object parent[key]; field is the parent's path.
func (r *report) objectField(parent map[string]any, field, key string) map[string]any {
	return typedField[map[string]any](r, parent, field, key, notAnObject)
}

// listField returns the list parent[key]; field is the parent's path.
func (r *report) listField(parent map[string]any, field, key string) []any {
	return typedField[[]any](r, parent, field, key, notAList)
}

// typedField returns parent[key] if it has the type T, and the zero value otherwise. Nothing has validated these
// objects, so a value of another type adds a warning; an absent or null one does not.
func typedField[T any](r *report, parent map[string]any, field, key, message string) T {
	value, ok := parent[key].(T)
	if !ok && parent[key] != nil {
		r.warn(joinPath(field, key), message)
	}
	return value
}

// eachObject calls visit for each object of the list parent[key].
func (r *report) eachObject(parent map[string]any, field, key string, visit func(item map[string]any, field string)) {
	for i, value := range r.listField(parent, field, key) {
		path := indexPath(joinPath(field, key), i)
		item, ok := value.(map[string]any)
		if !ok {
			r.warn(path, notAnObject)
			continue
		}
		visit(item, path)
	}
}

// stringAt returns the string parent[key], or "". Rules compare it, so a value of another type is simply no match.
func stringAt(parent map[string]any, key string) string {
	value, _ := parent[key].(string)
	return value
}

// objectAt returns the object parent[key], or nil. Unlike objectField it adds no warning.
func objectAt(parent map[string]any, key string) map[string]any {
	value, _ := parent[key].(map[string]any)
	return value
}

// listAt returns the list parent[key], or nil. Unlike listField it adds no warning.
func listAt(parent map[string]any, key string) []any {
	value, _ := parent[key].([]any)
	return value
}

// labelsOf returns the labels in an object's metadata.
func labelsOf(root map[string]any) map[string]any {
	return objectAt(objectAt(root, "metadata"), "labels")
}

// annotationsOf returns the annotations in an object's metadata.
func annotationsOf(root map[string]any) map[string]any {
	return objectAt(objectAt(root, "metadata"), "annotations")
}

// deleteIfEmpty removes parent[key] if it is an empty list or map: an empty one that a rule left would look
// deliberate.
func deleteIfEmpty(parent map[string]any, key string) {
	switch value := parent[key].(type) {
	case map[string]any:
		if len(value) == 0 {
			delete(parent, key)
		}
	case []any:
		if len(value) == 0 {
			delete(parent, key)
		}
	}
}

// removeItems removes from the list parent[key] the objects for which drop returns true. A list that loses none stays
// the same slice, so that an untouched object is not changed.
func removeItems(parent map[string]any, key string, drop func(item map[string]any) bool) {
	list := listAt(parent, key)
	kept := make([]any, 0, len(list))
	for _, value := range list {
		if item, ok := value.(map[string]any); ok && drop(item) {
			continue
		}
		kept = append(kept, value)
	}
	if len(kept) == len(list) {
		return
	}
	parent[key] = kept
	deleteIfEmpty(parent, key)
}

// removeKeys removes keys from the labels or annotations of meta, and the whole field if nothing is left.
func removeKeys(meta map[string]any, field string, keys ...string) {
	values := objectAt(meta, field)
	before := len(values)
	for _, key := range keys {
		delete(values, key)
	}
	if len(values) < before {
		deleteIfEmpty(meta, field)
	}
}

// joinPath returns the path of parent's field key. A key that is no identifier is quoted, as in
// metadata.annotations["example.com/owner"].
func joinPath(parent, key string) string {
	if !isPlainKey(key) {
		return parent + "[" + strconv.Quote(key) + "]"
	}
	if parent == "" {
		return key
	}
	return parent + "." + key
}

func indexPath(parent string, i int) string {
	return parent + "[" + strconv.Itoa(i) + "]"
}

func isPlainKey(key string) bool {
	for i := range len(key) {
		if !isLabelByte(key[i]) {
			return false
		}
	}
	return key != ""
}
