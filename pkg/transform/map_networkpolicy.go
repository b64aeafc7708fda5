package transform

import (
	"fmt"
	"strings"
)

// mapNetworkPolicy maps rules about the source namespace. Otherwise they would admit the source's traffic and block
// the target's own.
func mapNetworkPolicy(m *mapper) {
	if m.gk != networkPolicyKind {
		return
	}
	spec := m.objectField(m.root, "", "spec")
	m.mapPeers(spec, "ingress", "from")
	if m.mapPeers(spec, "egress", "to") {
		m.warnBlockedServices()
	}
}

// mapPeers reports whether a peer moved.
func (m *mapper) mapPeers(spec map[string]any, direction, peers string) bool {
	moved := false
	m.eachObject(spec, "spec", direction, func(rule map[string]any, field string) {
		m.eachObject(rule, field, peers, func(peer map[string]any, field string) {
			selector := m.objectField(peer, field, "namespaceSelector")
			if m.mapSelector(selector, joinPath(field, "namespaceSelector")) {
				moved = true
			}
		})
	})
	return moved
}

// mapSelector maps the source's name in a selector of namespaces and reports whether there was one. Only
// kubernetes.io/metadata.name is sure to hold the name; another label with that value may mean anything and adds a
// warning.
func (m *mapper) mapSelector(selector map[string]any, field string) bool {
	moved := false
	labels := m.objectField(selector, field, "matchLabels")
	for key, value := range labels {
		path := joinPath(joinPath(field, "matchLabels"), key)
		switch {
		case value != m.Source:
		case key == labelNamespaceName:
			m.setTarget(labels, key, path)
			moved = true
		default:
			m.warn(path, stillNames)
		}
	}
	m.eachObject(selector, field, "matchExpressions", func(expression map[string]any, field string) {
		values := m.listField(expression, field, "values")
		for i, value := range values {
			path := indexPath(joinPath(field, "values"), i)
			switch {
			case value != m.Source:
			case stringAt(expression, "key") == labelNamespaceName:
				values[i] = m.Target
				m.recordChange(path, "")
				moved = true
			default:
				m.warn(path, stillNames)
			}
		}
	})
	return moved
}

// egressNames reports whether the object is a NetworkPolicy whose egress rules name that namespace.
func egressNames(obj Object, namespace string) bool {
	if obj.groupKind() != networkPolicyKind {
		return false
	}
	found := false
	eachString(objectAt(obj.root(), "spec")["egress"], func(s string) { found = found || s == namespace })
	return found
}

// maxNamesInWarning bounds the names in one warning.
const maxNamesInWarning = 3

// warnBlockedServices adds a warning that names the Services that stayed behind an egress rule that moved: the
// target's Pods still call them, and the rule no longer allows it.
func (m *mapper) warnBlockedServices() {
	if m.Inventory == nil {
		return
	}
	var stayed []string
	for _, host := range m.Inventory.hosts {
		if m.hosts.findNames(host).stayed {
			stayed = append(stayed, host)
		}
	}
	if len(stayed) == 0 {
		return
	}
	more := ""
	if len(stayed) > maxNamesInWarning {
		more = fmt.Sprintf(" and %d more", len(stayed)-maxNamesInWarning)
	}
	m.warn("spec.egress", fmt.Sprintf("now allows the target instead of the source, where %s%s stayed",
		strings.Join(stayed[:min(len(stayed), maxNamesInWarning)], ", "), more))
}
