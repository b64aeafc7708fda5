package transform

import (
	"fmt"
	"strings"
)

const (
	accountUserPrefix  = "system:serviceaccount:"
	accountGroupPrefix = "system:serviceaccounts:"
)

// mapRoleBinding makes the subjects those of the target. A ServiceAccount is an identity of its namespace,
// so it always moves: left as it is, the source's workloads would hold rights in the target, and the
// target's none. One that is not in the backup is told, as it may have been meant to be shared; "default"
// is in every namespace.
func mapRoleBinding(m *mapper) {
	if m.gk != roleBindingKind {
		return
	}
	m.objects(m.root, "", "subjects", func(subject map[string]any, field string) {
		name := stringAt(subject, "name")
		switch stringAt(subject, "kind") {
		case "ServiceAccount":
			if stringAt(subject, "namespace") == m.Source {
				m.move(subject, "namespace", join(field, "namespace"))
				m.warnAbsentAccount(name, field)
			}
		case "User":
			account, found := strings.CutPrefix(name, accountUserPrefix+m.Source+":")
			if found {
				m.moveWithin(subject, "name", join(field, "name"), accountUserPrefix, ":"+account)
				m.warnAbsentAccount(account, field)
			}
		case "Group":
			if name == accountGroupPrefix+m.Source {
				m.moveWithin(subject, "name", join(field, "name"), accountGroupPrefix, "")
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
