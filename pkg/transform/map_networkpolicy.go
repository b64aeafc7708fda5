package transform

import (
	"fmt"
	"strings"
)

// mapNetworkPolicy makes rules about the source namespace rules about the target. Left as they are, they
// would let the source in and shut the target out of itself.
func mapNetworkPolicy(m *mapper) {
	if m.gk != networkPolicyKind {
		return
	}
	spec := m.object(m.root, "", "spec")
	m.mapPeers(spec, "ingress", "from")
	if m.mapPeers(spec, "egress", "to") {
		m.warnShutOut()
	}
}

// mapPeers says whether a peer moved.
func (m *mapper) mapPeers(spec map[string]any, direction, peers string) bool {
	moved := false
	m.objects(spec, "spec", direction, func(rule map[string]any, field string) {
		m.objects(rule, field, peers, func(peer map[string]any, field string) {
			selector := m.object(peer, field, "namespaceSelector")
			if m.mapSelector(selector, join(field, "namespaceSelector")) {
				moved = true
			}
		})
	})
	return moved
}

// mapSelector moves the source's name in a selector of namespaces. Only kubernetes.io/metadata.name is sure
// to be the name; another label with the same value may be anything, and is told.
func (m *mapper) mapSelector(selector map[string]any, field string) bool {
	moved := false
	labels := m.object(selector, field, "matchLabels")
	for key, value := range labels {
		path := join(join(field, "matchLabels"), key)
		switch {
		case value != m.Source:
		case key == labelNamespaceName:
			m.move(labels, key, path)
			moved = true
		default:
			m.warn(path, stillNames)
		}
	}
	m.objects(selector, field, "matchExpressions", func(expression map[string]any, field string) {
		values := m.list(expression, field, "values")
		for i, value := range values {
			path := index(join(field, "values"), i)
			switch {
			case value != m.Source:
			case stringAt(expression, "key") == labelNamespaceName:
				values[i] = m.Target
				m.note(path, "")
				moved = true
			default:
				m.warn(path, stillNames)
			}
		}
	})
	return moved
}

// namesInEgress says whether the object is a NetworkPolicy whose egress names that namespace.
func namesInEgress(obj Object, namespace string) bool {
	if obj.groupKind() != networkPolicyKind {
		return false
	}
	found := false
	eachString(objectAt(obj.root(), "spec")["egress"], func(s string) { found = found || s == namespace })
	return found
}

// maxNamed bounds how many names one warning tells.
const maxNamed = 3

// warnShutOut tells which Services stayed behind an egress rule that moved: the target's Pods still ask
// for them, and the rule no longer lets them.
func (m *mapper) warnShutOut() {
	if m.Inventory == nil {
		return
	}
	var stayed []string
	for _, host := range m.Inventory.hosts {
		if m.hosts.find(host).stays {
			stayed = append(stayed, host)
		}
	}
	if len(stayed) == 0 {
		return
	}
	more := ""
	if len(stayed) > maxNamed {
		more = fmt.Sprintf(" and %d more", len(stayed)-maxNamed)
	}
	m.warn("spec.egress", fmt.Sprintf("now allows the target instead of the source, where %s%s stayed",
		strings.Join(stayed[:min(len(stayed), maxNamed)], ", "), more))
}
