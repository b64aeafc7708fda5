package merge

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// Correction selects the fields that Correct puts back.
type Correction struct {
	// Exact removes also fields and items that the desired object lacks. Labels and annotations are never removed.
	Exact bool
	// Keep reports whether a field that differs stays as it is. removed reports that the live object lacks it. It may be nil.
	Keep func(path Path, removed bool) bool
}

// Correct returns live with the desired fields, and the differences. normalized is a copy of live without the fields that the rules
// never write. Fields are compared one by one in objects, and in lists whose items have unique names. Other lists are compared as a
// whole, and so is an object that is empty in desired: it selects all, as an empty podSelector does, and each field in it selects less.
func Correct(live, normalized, desired *unstructured.Unstructured, correction Correction) (*unstructured.Unstructured, []Conflict) {
	c := &corrector{Correction: correction}
	out := live.DeepCopy()
	have, want := contentOf(normalized), contentOf(desired)
	haveMetadata, wantMetadata := takeMetadata(have), takeMetadata(want)
	c.correctFields(nil, out.Object, have, want, correction.Exact)
	for _, field := range []string{"labels", "annotations"} {
		c.correctMetadata(out, field, haveMetadata, wantMetadata)
	}
	return out, c.differences
}

// takeMetadata removes the labels and annotations from a content, and returns them.
func takeMetadata(content map[string]any) map[string]any {
	metadata, _ := content["metadata"].(map[string]any)
	delete(content, "metadata")
	return metadata
}

// corrector collects the differences of a correction.
type corrector struct {
	Correction
	differences []Conflict
}

// keeps reports whether a field that differs stays as it is, and records it as a difference if it does not.
func (c *corrector) keeps(path Path, have any) bool {
	removed := have == nil
	if c.Keep != nil && c.Keep(path, removed) {
		return true
	}
	c.differences = append(c.differences, Conflict{Path: path, Removed: removed})
	return false
}

func (c *corrector) correctMetadata(out *unstructured.Unstructured, field string, have, want map[string]any) {
	wanted, _ := want[field].(map[string]any)
	if len(wanted) == 0 {
		return
	}
	found, _ := have[field].(map[string]any)
	into, _, _ := unstructured.NestedMap(out.Object, "metadata", field)
	if into == nil {
		into = map[string]any{}
	}
	c.correctFields(Path{{Name: "metadata"}, {Name: field}}, into, found, wanted, false)
	if len(into) > 0 {
		_ = unstructured.SetNestedMap(out.Object, into, "metadata", field) // its parent is an object
	}
}

func (c *corrector) correctFields(path Path, into, have, want map[string]any, exact bool) {
	for _, key := range slices.Sorted(maps.Keys(want)) {
		c.correctField(path.key(key), key, into, have[key], want[key], exact)
	}
	if !exact {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(have)) {
		if want[key] != nil || isNothing(have[key]) {
			continue
		}
		if !c.keeps(path.key(key), have[key]) {
			delete(into, key)
		}
	}
}

func (c *corrector) correctField(path Path, key string, into map[string]any, have, want any, exact bool) {
	if equalValues(have, want) || have == nil && isNothing(want) {
		return
	}
	haveFields, hasFields := have.(map[string]any)
	wantFields, wantsFields := want.(map[string]any)
	intoFields, canEnter := into[key].(map[string]any)
	if hasFields && wantsFields && canEnter {
		c.correctFields(path, intoFields, haveFields, wantFields, exact || len(wantFields) == 0)
		return
	}
	if items, ok := c.correctItems(path, into[key], have, want, exact); ok {
		into[key] = items
		return
	}
	if !c.keeps(path, have) {
		into[key] = runtime.DeepCopyJSONValue(want)
	}
}

// correctItems returns the corrected list of named items. ok is false if one of the lists has other items.
func (c *corrector) correctItems(path Path, into, have, want any, exact bool) (corrected []any, ok bool) {
	lists, ok := newNamedLists(into, have, want)
	if !ok {
		return nil, false
	}
	out := maps.Clone(lists.into.byName)
	for _, name := range lists.desired.names {
		c.correctField(path.item(name), name, out, lists.live.byName[name], lists.desired.byName[name], exact)
	}
	for _, name := range lists.live.names {
		if exact && lists.desired.byName[name] == nil && !c.keeps(path.item(name), lists.live.byName[name]) {
			delete(out, name)
		}
	}
	for _, name := range lists.order() {
		if item := out[name]; item != nil {
			corrected = append(corrected, item)
		}
	}
	return corrected, true
}

// newNamedLists returns three versions of a list of named items. ok is false if one of them is none, or has other items.
func newNamedLists(into, live, desired any) (l lists, ok bool) {
	if into == nil || live == nil {
		return l, false
	}
	for _, version := range []struct {
		value any
		items *items
	}{{into, &l.into}, {live, &l.live}, {desired, &l.desired}} {
		if *version.items, ok = namedItems(version.value); !ok {
			return l, false
		}
	}
	return l, len(l.desired.names) > 0
}

// isNothing reports whether the API server may leave a value out: null, or an empty object or list.
func isNothing(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case map[string]any:
		return len(value) == 0
	case []any:
		return len(value) == 0
	default:
		return false
	}
}
