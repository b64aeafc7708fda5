package transform

import "fmt"

// mapReferences maps references in objects of any kind: a namespace beside a name and a kind or an apiVersion. A
// reference moves exactly when its object is in the backup. Otherwise it means the source's object, which others may
// share, and stays.
func mapReferences(m *mapper) {
	if m.gk == configMapKind || m.gk == secretKind {
		return // their keys are text, whatever they are called
	}
	w := m.newWalker("", nil)
	w.enter = m.mapReference
	for key := range m.root {
		if key != "metadata" && key != "status" {
			w.walkField(m.root, key)
		}
	}
}

func (m *mapper) mapReference(w *walker, o map[string]any) {
	if stringAt(o, "namespace") != m.Source {
		return
	}
	ref, ok := m.readReference(w.nearestKey(), o)
	if !ok {
		return
	}
	field := joinPath(w.path(), "namespace")
	switch {
	case m.isChanged(field):
	case m.Inventory.Has(ref.group, ref.kind, ref.name):
		m.setTarget(o, "namespace", field)
	case m.Inventory.isLeft(ref):
		m.warn(field, fmt.Sprintf("stays: %s of the source is not restored", ref))
	default:
		m.warn(field, fmt.Sprintf("stays: %s of the source is not in the backup", ref))
	}
}

// readReference returns the object that o refers to, where key is the field that holds o.
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

// String returns the reference as warnings name it.
func (r reference) String() string {
	if r.kind == anyKind {
		return fmt.Sprintf("%q", r.name)
	}
	return fmt.Sprintf("%s %q", r.kind, r.name)
}
