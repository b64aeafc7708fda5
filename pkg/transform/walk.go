package transform

import (
	"slices"
	"strings"
)

// leaf is one string in an object and its place there.
type leaf struct {
	value    string
	key      string         // nearest key above it
	parent   map[string]any // object that holds that key
	previous string         // string before it, in a list
}

// walker visits an object depth-first. It keeps the path as a stack and formats it only when a rule asks, because
// almost no string of a backup concerns a rule.
type walker struct {
	base  string
	trail []step
	// visit is called for each string and may return a replacement.
	visit func(w *walker, l leaf) (string, bool)
	// enter is called for each object before its fields. It may be nil.
	enter func(w *walker, o map[string]any)
}

// step is one element of a path: an index if list is true, otherwise a key.
type step struct {
	key  string
	at   int
	list bool
}

// path returns the path of the value that is being visited.
func (w *walker) path() string {
	path := w.base
	for _, s := range w.trail {
		if s.list {
			path = indexPath(path, s.at)
		} else {
			path = joinPath(path, s.key)
		}
	}
	return path
}

// nearestKey returns the last key on the path.
func (w *walker) nearestKey() string {
	for _, s := range slices.Backward(w.trail) {
		if !s.list {
			return s.key
		}
	}
	return ""
}

// walkField walks parent[key]; the parent's path is the walker's base.
func (w *walker) walkField(parent map[string]any, key string) {
	w.trail = append(w.trail, step{key: key})
	if replaced, ok := w.walkValue(parent[key], leaf{key: key, parent: parent}); ok {
		parent[key] = replaced
	}
	w.trail = w.trail[:len(w.trail)-1]
}

// walkValue walks one value. For a string it returns visit's replacement, which the caller writes to the string's
// place.
func (w *walker) walkValue(value any, l leaf) (replaced string, ok bool) {
	switch value := value.(type) {
	case string:
		if w.visit == nil {
			return "", false
		}
		l.value = value
		return w.visit(w, l)
	case map[string]any:
		w.walkObject(value)
	case []any:
		w.walkList(value, l)
	}
	return "", false
}

func (w *walker) walkObject(o map[string]any) {
	if w.enter != nil {
		w.enter(w, o)
	}
	for key := range o {
		w.walkField(o, key)
	}
}

func (w *walker) walkList(items []any, l leaf) {
	previous := ""
	for i, item := range items {
		l.previous = previous
		w.trail = append(w.trail, step{at: i, list: true})
		if replaced, ok := w.walkValue(item, l); ok {
			items[i] = replaced
		}
		w.trail = w.trail[:len(w.trail)-1]
		previous, _ = item.(string)
	}
}

// namesNamespace reports whether the value of a field or variable of that name is a namespace.
func namesNamespace(key string) bool {
	return key == labelNamespaceName || strings.Contains(strings.ToLower(key), "namespace")
}
