package transform

// mapNamespace: where an object is, is its identity. Clean takes the field away; an object that still has it
// must not contradict the URL that it is written to.
func mapNamespace(m *mapper) {
	meta := objectAt(m.root, "metadata")
	if stringAt(meta, "namespace") == m.Source {
		m.move(meta, "namespace", "metadata.namespace")
	}
}
