package transform

import (
	"fmt"
	"strings"
)

const (
	accountUserPrefix  = "system:serviceaccount:"
	accountGroupPrefix = "system:serviceaccounts:"
)

// mapRoleBinding maps the subjects. A ServiceAccount is an identity of its namespace, so it always moves: otherwise
// the source's workloads would have rights in the target, and the target's none. A ServiceAccount that is not in the
// backup adds a warning, because it may have been shared on purpose; "default" does not, as every namespace has it.
func mapRoleBinding(m *mapper) {
	if m.gk != roleBindingKind {
		return
	}
	m.eachObject(m.root, "", "subjects", func(subject map[string]any, field string) {
		name := stringAt(subject, "name")
		switch stringAt(subject, "kind") {
		case "ServiceAccount":
			if stringAt(subject, "namespace") == m.Source {
				m.setTarget(subject, "namespace", joinPath(field, "namespace"))
				m.warnAbsentAccount(name, field)
			}
		case "User":
			account, found := strings.CutPrefix(name, accountUserPrefix+m.Source+":")
			if found {
				m.setTargetWithin(subject, "name", joinPath(field, "name"), accountUserPrefix, ":"+account)
				m.warnAbsentAccount(account, field)
			}
		case "Group":
			if name == accountGroupPrefix+m.Source {
				m.setTargetWithin(subject, "name", joinPath(field, "name"), accountGroupPrefix, "")
			}
		}
	})
}

func (m *mapper) warnAbsentAccount(name, field string) {
	if name == "" || name == "default" || m.Inventory.Has("", "ServiceAccount", name) {
		return
	}
	m.warn(field, fmt.Sprintf("ServiceAccount %q is not in the backup: the binding now means the target's", name))
}
