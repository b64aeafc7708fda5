package transform

import "fmt"

// mapReferences moves references, in objects of any kind: a namespace beside a name and a kind or an
// apiVersion. One moves exactly when the object it means is in the backup; otherwise it means the source's,
// which others may share, and stays.
func mapReferences(m *mapper) {
	if m.gk == configMapKind || m.gk == secretKind {
		return // their keys are text, whatever they are called
	}
	w := m.walker("", nil)
	w.enter = m.mapReference
	for key := range m.root {
		if key != "metadata" && key != "status" {
			w.field(m.root, key)
		}
	}
}

func (m *mapper) mapReference(w *walker, o map[string]any) {
	if stringAt(o, "namespace") != m.Source {
		return
	}
	ref, ok := m.readReference(w.key(), o)
	if !ok {
		return
	}
	field := join(w.path(), "namespace")
	switch {
	case m.hasMoved(field):
	case m.Inventory.Has(ref.group, ref.kind, ref.name):
		m.move(o, "namespace", field)
	default:
		m.warn(field, fmt.Sprintf("stays: %s of the source is not in the backup", ref))
	}
}

// readReference says what the reference o, in the field key, means.
func (m *mapper) readReference(key string, o map[string]any) (reference, bool) {
	ref := reference{group: anyGroup, kind: stringAt(o, "kind"), name: stringAt(o, "name")}
	version, versioned := o["apiVersion"].(string)
	usual, known := gatewayDefaults[key]
	if m.gk.Group == gatewayGroup && known {
		ref.group = usual.group
		if ref.kind == "" {
			ref.kind = usual.kind
		}
	}
	for _, field := range []string{"group", "apiGroup"} {
		if group, found := o[field].(string); found {
			ref.group = group
		}
	}
	if versioned {
		ref.group = groupOf(version)
		if ref.kind == "" {
			ref.kind = anyKind
		}
	}
	return ref, ref.name != "" && ref.kind != ""
}

// String is the reference as warnings name it.
func (r reference) String() string {
	if r.kind == anyKind {
		return fmt.Sprintf("%q", r.name)
	}
	return fmt.Sprintf("%s %q", r.kind, r.name)
}
