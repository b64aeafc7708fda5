package transform

import "strconv"

// Reading fields of objects that nobody validated. A field that is absent or null reads as empty; one of
// another shape reads as empty too and is told where a rule wanted to act on it.

const (
	notAnObject = "is not an object: left alone"
	notAList    = "is not a list: left alone"
	notAString  = "is not a string: left alone"
)

// object reads parent[key], where field is the parent's path.
func (r *report) object(parent map[string]any, field, key string) map[string]any {
	switch value := parent[key].(type) {
	case nil:
		return nil
	case map[string]any:
		return value
	default:
		r.warn(join(field, key), notAnObject)
		return nil
	}
}

// list reads parent[key], where field is the parent's path.
func (r *report) list(parent map[string]any, field, key string) []any {
	switch value := parent[key].(type) {
	case nil:
		return nil
	case []any:
		return value
	default:
		r.warn(join(field, key), notAList)
		return nil
	}
}

// objects calls visit for each object of the list parent[key].
func (r *report) objects(parent map[string]any, field, key string, visit func(item map[string]any, field string)) {
	for i, value := range r.list(parent, field, key) {
		path := index(join(field, key), i)
		item, ok := value.(map[string]any)
		if !ok {
			r.warn(path, notAnObject)
			continue
		}
		visit(item, path)
	}
}

// stringAt reads a string and nothing else: rules compare it, so any other shape is simply no match.
func stringAt(parent map[string]any, key string) string {
	value, _ := parent[key].(string)
	return value
}

// objectAt is object without a warning, for decisions that need no report.
func objectAt(parent map[string]any, key string) map[string]any {
	value, _ := parent[key].(map[string]any)
	return value
}

// listAt is list without a warning.
func listAt(parent map[string]any, key string) []any {
	value, _ := parent[key].([]any)
	return value
}

// labelsOf and annotationsOf read an object's metadata.
func labelsOf(root map[string]any) map[string]any {
	return objectAt(objectAt(root, "metadata"), "labels")
}

func annotationsOf(root map[string]any) map[string]any {
	return objectAt(objectAt(root, "metadata"), "annotations")
}

// dropEmpty removes parent[key] when a rule emptied it: an empty list or map reads as "somebody set it".
func dropEmpty(parent map[string]any, key string) {
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

// removeFrom rewrites the list parent[key] without the items that drop names. It builds a new list only
// when something goes, so that an untouched object stays as it was.
func removeFrom(parent map[string]any, key string, drop func(item map[string]any) bool) {
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
	dropEmpty(parent, key)
}

// join is the path of parent's field key. Keys that are no identifiers are quoted, as in
// metadata.annotations["example.com/owner"].
func join(parent, key string) string {
	if !plainKey(key) {
		return parent + "[" + strconv.Quote(key) + "]"
	}
	if parent == "" {
		return key
	}
	return parent + "." + key
}

func index(parent string, i int) string {
	return parent + "[" + strconv.Itoa(i) + "]"
}

func plainKey(key string) bool {
	for i := range len(key) {
		if !isLabelByte(key[i]) {
			return false
		}
	}
	return key != ""
}
