package transform

import "strings"

const (
	stillNames   = "still names the source namespace"
	serviceStays = "names a Service of the source that is not in the backup: it stays the source's"
	alienDomain  = "names the source in a domain that is not among --cluster-domain: it stays"
)

// warnLeftovers tells what still names the source and could be a mistake: once a field, by field, without
// the value. A word that happens to be the namespace's name (the label app: foo in namespace foo) is no
// reference; so only values count that say they are a namespace, by their field or by their form.
func warnLeftovers(m *mapper) {
	w := m.walker("", m.judgeLeaf)
	for key := range m.root {
		switch {
		case key == "apiVersion" || key == "kind" || key == "metadata" || key == "status":
		case m.gk == configMapKind || m.gk == secretKind: // mapText has judged them
		default:
			w.field(m.root, key)
		}
	}
	meta := objectAt(m.root, "metadata")
	w.base = "metadata"
	w.field(meta, "labels")
	w.field(meta, "annotations")
}

// judgeLeaf looks at what is left of a string beside what was substituted. It replaces nothing.
func (m *mapper) judgeLeaf(w *walker, l leaf) (string, bool) {
	if !strings.Contains(l.value, m.Source) {
		return "", false
	}
	if len(m.changed) > 0 {
		if rest, found := m.changed[w.path()]; found {
			l.value = rest
		}
	}
	message := m.judge(l)
	if message == "" {
		return "", false
	}
	if field := w.path(); !m.warned(field) {
		m.warn(field, message)
	}
	return "", false
}

// judge says in which way a string names the source; empty when it does not.
func (m *mapper) judge(l leaf) string {
	switch {
	case l.value == m.Source && l.isNamespace():
		return stillNames
	case m.namesObject(l):
		return stillNames
	}
	return m.judgeText(l.value)
}

// isNamespace says whether the place of a string says that it is a namespace: its field, the variable that it
// is the value of, the label that it is compared with, the flag before it.
func (l leaf) isNamespace() bool {
	switch {
	case namesNamespace(l.key):
		return true
	case l.key == "value":
		return namesNamespace(stringAt(l.parent, "name"))
	case l.key == "values":
		return namesNamespace(stringAt(l.parent, "key"))
	case l.key == "name":
		return stringAt(l.parent, "kind") == "Namespace"
	}
	return l.previous == "--namespace" || l.previous == "-n"
}

// namesObject says whether a string is namespace/name, as annotations refer to Secrets. Images and paths
// look the same and are none.
func (m *mapper) namesObject(l leaf) bool {
	name, found := strings.CutPrefix(l.value, m.Source+"/")
	if !found || name == "" || len(name) > maxName {
		return false
	}
	key := strings.ToLower(l.key)
	for _, other := range []string{"image", "path", "repo", "command", "args"} {
		if strings.Contains(key, other) {
			return false
		}
	}
	for i := range len(name) {
		if !isLabelByte(name[i]) && name[i] != '.' {
			return false
		}
	}
	return true
}

// judgeText looks for the forms by which text names a namespace beyond doubt.
func (m *mapper) judgeText(s string) string {
	switch found := m.hosts.find(s); {
	case found.stays:
		return serviceStays
	case found.alien:
		return alienDomain
	case len(found.moves) > 0:
		return stillNames
	}
	for from := 0; ; {
		i := strings.Index(s[from:], m.Source)
		if i < 0 {
			return ""
		}
		i += from
		from = i + 1
		if m.namesSource(s, i) {
			return stillNames
		}
	}
}

// lookBehind bounds what is read before one place, so that judging stays linear.
const lookBehind = 32

// namesSource says whether the source's name at s[i] is a word of its own and stands where a namespace does.
func (m *mapper) namesSource(s string, i int) bool {
	before, after := s[max(0, i-lookBehind):i], s[i+len(m.Source):]
	if startsLabel(after) || before != "" && isLabelByte(before[len(before)-1]) {
		return false
	}
	if rest, found := strings.CutPrefix(after, ".svc"); found && m.hosts.endsName(rest) && !startsLabel(rest) {
		return true // the namespace's own domain, as in a search list
	}
	for _, prefix := range []string{accountUserPrefix, accountGroupPrefix, "/ns/", "/namespaces/"} {
		if strings.HasSuffix(before, prefix) {
			return true
		}
	}
	return !continuesName(after) && assignsNamespace(before)
}

// assignsNamespace says whether text ends in namespace: or namespace= (quoted or not), or in a flag that
// takes a namespace.
func assignsNamespace(before string) bool {
	word := strings.TrimRight(before, " \t\"'")
	if key := strings.TrimRight(word, ":="); key != word {
		key = strings.ToLower(strings.TrimRight(key, " \t\"'"))
		return strings.HasSuffix(key, "namespace") || strings.HasSuffix(key, "namespaces")
	}
	return word != before && (strings.HasSuffix(word, "--namespace") || strings.HasSuffix(word, " -n"))
}
