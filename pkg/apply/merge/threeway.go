package merge

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// Conflict is a field that has neither the desired value nor that of a base.
type Conflict struct {
	Path Path
	// Removed reports that the live object lacks the field.
	Removed bool
}

// ThreeWay returns live with the fields changed in which desired differs from a base. If there is a conflict, the object must not be
// written. normalized is a copy of live without the fields that the rules never write. Fields that neither desired nor a base has are
// kept.
//
// The bases are the objects of earlier revisions. There are several if an update was interrupted: then each field has the value of any
// one of them, and also a field that differs between desired and only one base must change.
//
// Fields are compared one by one in objects, and in lists whose items have unique names. Other lists are compared as a whole.
func ThreeWay(live, normalized, desired *unstructured.Unstructured, bases []*unstructured.Unstructured) (*unstructured.Unstructured, []Conflict) {
	return threeWay(&merger{}, live, normalized, desired, bases)
}

// ThreeWayOwned is ThreeWay for an object that no other writer has given a value, so that each value may be replaced. It may differ from
// those of all bases: an earlier version of the rules wrote it, or a webhook changed it. A field that the live object lacks is still a
// conflict if it changes: another writer may have removed it, because a field that is gone has no writer.
func ThreeWayOwned(live, normalized, desired *unstructured.Unstructured, bases []*unstructured.Unstructured) (*unstructured.Unstructured, []Conflict) {
	return threeWay(&merger{owned: true}, live, normalized, desired, bases)
}

func threeWay(m *merger, live, normalized, desired *unstructured.Unstructured, bases []*unstructured.Unstructured) (*unstructured.Unstructured, []Conflict) {
	out := live.DeepCopy()
	m.mergeFields(nil, out.Object, contentOf(normalized), contentOf(desired), contentsOf(bases))
	return out, m.conflicts
}

// Changes returns the paths of the fields that differ between a live object and the one to write over it.
func Changes(live, written *unstructured.Unstructured) []Path {
	m := &merger{}
	before := contentOf(live)
	m.mergeFields(nil, live.DeepCopy().Object, before, contentOf(written), []map[string]any{before})
	return m.changes
}

// Matches reports whether a normalized live object has the content of another, apart from labels of those keys.
func Matches(normalized, other *unstructured.Unstructured, marks map[string]string) bool {
	normalized = normalized.DeepCopy()
	normalized.SetLabels(union(difference(normalized.GetLabels(), marks), nil)) // without labels it has no map of them
	return equalValues(contentOf(normalized), contentOf(other))
}

// contentOf returns the fields of an object that a restore writes. Of the metadata these are the labels and annotations.
func contentOf(object *unstructured.Unstructured) map[string]any {
	foldStringData(object)
	content := maps.Clone(object.Object)
	for _, field := range []string{"apiVersion", "kind", "status"} {
		delete(content, field)
	}
	all, _ := content["metadata"].(map[string]any)
	metadata := map[string]any{}
	for _, field := range []string{"labels", "annotations"} {
		if value, _ := all[field].(map[string]any); len(value) > 0 {
			metadata[field] = value
		}
	}
	content["metadata"] = metadata
	return content
}

func contentsOf(list []*unstructured.Unstructured) []map[string]any {
	contents := make([]map[string]any, 0, len(list))
	for _, object := range list {
		contents = append(contents, contentOf(object))
	}
	return contents
}

// merger collects the paths of a merge.
type merger struct {
	// owned reports that each value of the live object may be replaced.
	owned bool

	changes   []Path
	conflicts []Conflict
}

// versions are the versions of one field; a version that lacks it is nil.
type versions struct {
	// into is the value of the live object, which the merge may change.
	into any
	// live is that value without the fields that the rules never write.
	live, desired any
	bases         []any
}

func (m *merger) mergeFields(path Path, into, live, desired map[string]any, bases []map[string]any) {
	keys := maps.Clone(desired)
	if keys == nil {
		keys = map[string]any{}
	}
	for _, base := range bases {
		maps.Copy(keys, base)
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		field := versions{into: into[key], live: live[key], desired: desired[key]}
		for _, base := range bases {
			field.bases = append(field.bases, base[key])
		}
		switch value := m.mergeValue(path.key(key), field); {
		case value != nil:
			into[key] = value
		case into[key] != nil: // a null stays
			delete(into, key)
		}
	}
}

// mergeValue returns the value to write into a field; nil removes it.
func (m *merger) mergeValue(path Path, v versions) any {
	if equalsAll(v.desired, v.bases) || equalValues(v.live, v.desired) {
		return v.into
	}
	untouched := equalsAny(v.live, v.bases)
	if untouched {
		v.bases = []any{v.live}
	}
	if objects, ok := v.asObjects(untouched); ok {
		return m.mergeObjects(path, objects)
	}
	if lists, ok := v.asLists(untouched); ok {
		return m.mergeLists(path, lists)
	}
	if v.live == nil && !untouched && v.isUpdatedIfEmpty() {
		return v.into
	}
	return m.mergeWhole(path, v, untouched)
}

// isUpdatedIfEmpty reports whether an object without fields has each change of the desired one: all that changed was removed. The API
// server leaves out many an empty object, so that it is absent afterwards.
func (v versions) isUpdatedIfEmpty() bool {
	v.into, v.live = map[string]any{}, map[string]any{}
	objects, ok := v.asObjects(false)
	if !ok {
		return false
	}
	m := &merger{}
	m.mergeObjects(nil, objects)
	return len(m.changes)+len(m.conflicts) == 0
}

// mergeWhole merges a value that has no fields of its own.
func (m *merger) mergeWhole(path Path, v versions, untouched bool) any {
	if !untouched && (v.live == nil || !m.owned) {
		m.conflicts = append(m.conflicts, Conflict{Path: path, Removed: v.live == nil})
		return v.into
	}
	m.changes = append(m.changes, path)
	return runtime.DeepCopyJSONValue(v.desired)
}

// objects are the versions of a field that holds an object.
type objects struct {
	into, live, desired map[string]any
	bases               []map[string]any
}

// asObjects returns the versions as objects. ok is false if they cannot be merged field by field: one of them is no object, or
// the live one is absent. An absent base counts as an object without fields, and so does an absent desired value, unless no base
// has any fields: then the presence of the object is its only content, as in "emptyDir: {}".
func (v versions) asObjects(untouched bool) (o objects, ok bool) {
	var isObject bool
	if o.into, isObject = v.into.(map[string]any); !isObject {
		return o, false
	}
	if o.live, isObject = v.live.(map[string]any); !isObject && (v.live != nil || !untouched) {
		return o, false
	}
	if o.desired, isObject = v.desired.(map[string]any); !isObject && v.desired != nil {
		return o, false
	}
	hasFields := v.desired != nil
	for _, value := range v.bases {
		base, isObject := value.(map[string]any)
		if !isObject && value != nil {
			return o, false
		}
		o.bases, hasFields = append(o.bases, base), hasFields || !isEmpty(base)
	}
	return o, hasFields
}

func (m *merger) mergeObjects(path Path, o objects) any {
	m.mergeFields(path, o.into, o.live, o.desired, o.bases)
	if o.desired == nil && isEmpty(o.into) {
		return nil
	}
	return o.into
}

// isEmpty reports whether an object has no fields. A null counts as absent.
func isEmpty(fields map[string]any) bool {
	for _, value := range fields {
		if value != nil {
			return false
		}
	}
	return true
}
