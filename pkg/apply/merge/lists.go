package merge

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/sets"
)

// items are the items of a list by name, and the names in order.
type items struct {
	byName map[string]any
	names  []string
}

// namedItems returns the items of a list. ok is false if one has no name, or if two have the same. An absent list has no items.
func namedItems(value any) (out items, ok bool) {
	list, isList := value.([]any)
	if !isList && value != nil {
		return out, false
	}
	out.byName = make(map[string]any, len(list))
	for _, item := range list {
		fields, _ := item.(map[string]any)
		name, isText := fields["name"].(string)
		if _, found := out.byName[name]; !isText || found {
			return out, false
		}
		out.byName[name] = item
		out.names = append(out.names, name)
	}
	return out, true
}

// lists are the versions of a field that holds a list of named items.
type lists struct {
	into, live, desired items
	bases               []items
	// removed reports that the desired object has no such list, untouched that the live list is that of a base.
	removed, untouched bool
}

// asLists returns the versions as lists of named items. ok is false if they cannot be merged item by item.
func (v versions) asLists(untouched bool) (l lists, ok bool) {
	if v.into == nil || v.live == nil && !untouched {
		return l, false
	}
	l.removed, l.untouched = v.desired == nil, untouched
	var named [3]bool
	l.into, named[0] = namedItems(v.into)
	l.live, named[1] = namedItems(v.live)
	l.desired, named[2] = namedItems(v.desired)
	if slices.Contains(named[:], false) {
		return l, false
	}
	hasItems := len(l.desired.names) > 0
	for _, value := range v.bases {
		base, isNamed := namedItems(value)
		if !isNamed {
			return l, false
		}
		l.bases, hasItems = append(l.bases, base), hasItems || len(base.names) > 0
	}
	return l, hasItems
}

// mergeLists merges two lists item by item. The items keep the order that they have, unless the list is that of a base.
func (m *merger) mergeLists(path Path, l lists) any {
	known := maps.Clone(l.desired.byName)
	for _, base := range l.bases {
		maps.Copy(known, base.byName)
	}
	merged := maps.Clone(l.into.byName)
	for _, name := range slices.Sorted(maps.Keys(known)) {
		v := versions{into: l.into.byName[name], live: l.live.byName[name], desired: l.desired.byName[name]}
		for _, base := range l.bases {
			v.bases = append(v.bases, base.byName[name])
		}
		merged[name] = m.mergeItem(path.item(name), v)
	}
	out := make([]any, 0, len(merged))
	names := make([]string, 0, len(merged))
	for _, name := range l.order() {
		if item := merged[name]; item != nil {
			out, names = append(out, item), append(names, name)
		}
	}
	if isReordered(l.into.names, names) {
		m.changes = append(m.changes, path)
	}
	if l.removed && len(out) == 0 {
		return nil
	}
	return out
}

// mergeItem returns the item to write, or nil to remove it. Unlike a field's object, an item is removed as a whole.
func (m *merger) mergeItem(path Path, v versions) any {
	if v.desired != nil || equalsAll(nil, v.bases) || v.live == nil {
		return m.mergeValue(path, v)
	}
	return m.mergeWhole(path, v, equalsAny(v.live, v.bases))
}

// order returns the names of all live and desired items. A new item comes after the one that precedes it in the desired list.
func (l lists) order() []string {
	if l.untouched {
		others := slices.DeleteFunc(slices.Clone(l.into.names), func(name string) bool { return l.desired.byName[name] != nil })
		return append(slices.Clone(l.desired.names), others...)
	}
	order := slices.Clone(l.into.names)
	for i, name := range l.desired.names {
		if l.into.byName[name] != nil {
			continue
		}
		after := 0
		if i > 0 {
			after = slices.Index(order, l.desired.names[i-1]) + 1
		}
		order = slices.Insert(order, after, name)
	}
	return order
}

// isReordered reports whether the names that two lists share have another order.
func isReordered(before, after []string) bool {
	return !slices.Equal(selectNames(before, after), selectNames(after, before))
}

// selectNames returns the names that are among others, in order.
func selectNames(names, others []string) []string {
	among := sets.New(others...)
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !among.Has(name) })
}
