package transform

import "strings"

const (
	stillNames         = "still names the source namespace"
	serviceStays       = "names a Service of the source that is not in the backup: it stays the source's"
	foreignDomainStays = "names the source in a domain that is not among --cluster-domain: it stays"
)

// warnLeftovers adds one warning for each field that still names the source and could be a mistake, without the
// value. A word that happens to be the namespace's name (the label app: foo in namespace foo) is no reference. So
// only values count that are a namespace by their field or by their form.
func warnLeftovers(m *mapper) {
	w := m.newWalker("", m.warnLeaf)
	for key := range m.root {
		switch {
		case key == "apiVersion" || key == "kind" || key == "metadata" || key == "status":
		case m.gk == configMapKind || m.gk == secretKind: // mapText has judged them
		default:
			w.walkField(m.root, key)
		}
	}
	meta := objectAt(m.root, "metadata")
	w.base = "metadata"
	w.walkField(meta, "labels")
	w.walkField(meta, "annotations")
}

// warnLeaf adds a warning about the unmapped rest of a string. It replaces nothing.
func (m *mapper) warnLeaf(w *walker, l leaf) (string, bool) {
	if !strings.Contains(l.value, m.Source) {
		return "", false
	}
	if len(m.changed) > 0 {
		if rest, found := m.changed[w.path()]; found {
			l.value = rest
		}
	}
	message := m.leftoverIn(l)
	if message == "" {
		return "", false
	}
	if field := w.path(); !m.hasWarning(field) {
		m.warn(field, message)
	}
	return "", false
}

// leftoverIn returns the warning for a string that names the source, or "".
func (m *mapper) leftoverIn(l leaf) string {
	switch {
	case l.value == m.Source && l.isNamespace():
		return stillNames
	case m.namesObject(l):
		return stillNames
	}
	return m.leftoverInText(l.value)
}

// isNamespace reports whether a string is a namespace by its place: its field, the variable that it is the value of,
// the label that it is compared with, or the flag before it.
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

// namesObject reports whether a string has the form namespace/name, by which annotations refer to Secrets. Images and
// paths have it too and do not count.
func (m *mapper) namesObject(l leaf) bool {
	name, found := strings.CutPrefix(l.value, m.Source+"/")
	if !found || !isDNSName(name) {
		return false
	}
	key := strings.ToLower(l.key)
	for _, other := range []string{"image", "path", "repo", "command", "args"} {
		if strings.Contains(key, other) {
			return false
		}
	}
	return true
}

// leftoverInText returns the warning for text that names the source in an unambiguous form, or "".
func (m *mapper) leftoverInText(s string) string {
	switch found := m.hosts.findNames(s); {
	case found.stayed:
		return serviceStays
	case found.foreignDomain:
		return foreignDomainStays
	case len(found.moved) > 0:
		return stillNames
	}
	for i := range occurrences(s, m.Source) {
		if m.namesSource(s, i) {
			return stillNames
		}
	}
	return ""
}

// lookBehind bounds the bytes read before one place, so that the scan stays linear.
const lookBehind = 32

// namesSource reports whether the source's name at s[i] is a word of its own, in a place where text names a
// namespace.
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

// assignsNamespace reports whether text ends in namespace: or namespace= (quoted or not), or in a flag that takes a
// namespace.
func assignsNamespace(before string) bool {
	word := strings.TrimRight(before, " \t\"'")
	if key := strings.TrimRight(word, ":="); key != word {
		key = strings.ToLower(strings.TrimRight(key, " \t\"'"))
		return strings.HasSuffix(key, "namespace") || strings.HasSuffix(key, "namespaces")
	}
	return word != before && (strings.HasSuffix(word, "--namespace") || strings.HasSuffix(word, " -n"))
}
