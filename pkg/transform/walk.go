package transform

import "strings"

// leaf is one string in an object, and where it stands.
type leaf struct {
	value    string
	key      string         // nearest key above it
	parent   map[string]any // object that holds that key
	previous string         // string before it, in a list
}

// walker visits an object in depth. The path is kept as a stack and only written out when a rule asks, as
// almost no string of a backup concerns a rule.
type walker struct {
	base  string
	trail []step
	// visit may replace a string.
	visit func(w *walker, l leaf) (string, bool)
	// enter sees each object before its fields; nil when the rule is about strings.
	enter func(w *walker, o map[string]any)
}

// step is a key, or an index where key is empty and list is true.
type step struct {
	key  string
	at   int
	list bool
}

// path is where the walker is.
func (w *walker) path() string {
	path := w.base
	for _, s := range w.trail {
		if s.list {
			path = index(path, s.at)
		} else {
			path = join(path, s.key)
		}
	}
	return path
}

// key is the nearest key above the walker.
func (w *walker) key() string {
	for i := len(w.trail) - 1; i >= 0; i-- {
		if !w.trail[i].list {
			return w.trail[i].key
		}
	}
	return ""
}

// field walks parent[key], whose parent's path is the walker's base.
func (w *walker) field(parent map[string]any, key string) {
	w.trail = append(w.trail, step{key: key})
	if replaced, ok := w.value(parent[key], leaf{key: key, parent: parent}); ok {
		parent[key] = replaced
	}
	w.trail = w.trail[:len(w.trail)-1]
}

// value walks one value; a string may be replaced by the caller, who holds its place.
func (w *walker) value(value any, l leaf) (replaced string, ok bool) {
	switch value := value.(type) {
	case string:
		if w.visit == nil {
			return "", false
		}
		l.value = value
		return w.visit(w, l)
	case map[string]any:
		w.object(value)
	case []any:
		w.list(value, l)
	}
	return "", false
}

func (w *walker) object(o map[string]any) {
	if w.enter != nil {
		w.enter(w, o)
	}
	for key := range o {
		w.field(o, key)
	}
}

func (w *walker) list(items []any, l leaf) {
	previous := ""
	for i, item := range items {
		l.previous = previous
		w.trail = append(w.trail, step{at: i, list: true})
		if replaced, ok := w.value(item, l); ok {
			items[i] = replaced
		}
		w.trail = w.trail[:len(w.trail)-1]
		previous, _ = item.(string)
	}
}

// namesNamespace says whether a key or the name of a variable says that its value is a namespace.
func namesNamespace(key string) bool {
	return key == labelNamespaceName || strings.Contains(strings.ToLower(key), "namespace")
}
