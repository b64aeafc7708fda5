package transform

// mapNamespace maps the object's own namespace, which is its identity. Clean removes the field; an object that still
// has it must not contradict the URL it is written to.
func mapNamespace(m *mapper) {
	meta := objectAt(m.root, "metadata")
	if stringAt(meta, "namespace") == m.Source {
		m.setTarget(meta, "namespace", "metadata.namespace")
	}
}
