package transform

import "strings"

// mapHosts replaces the source in DNS names of Services that moved. It is the visit of the rules below,
// which say where strings are known to be read by programs.
func (m *mapper) mapHosts(w *walker, l leaf) (string, bool) {
	if !strings.Contains(l.value, m.hosts.short) {
		return "", false
	}
	mapped, rest, ok := m.hosts.rewrite(l.value, m.Target)
	if !ok {
		return "", false
	}
	m.note(w.path(), rest)
	return mapped, true
}

// podSpecOf is the Pod spec in an object of a built-in kind, and its path; nil where there is none.
func podSpecOf(m *mapper) (map[string]any, string) {
	var path []string
	switch {
	case m.gk == podKind:
		path = []string{"spec"}
	case m.gk == cronJobKind:
		path = []string{"spec", "jobTemplate", "spec", "template", "spec"}
	case m.gk.Group == "" && m.gk.Kind == "PodTemplate":
		path = []string{"template", "spec"}
	case StageOf(m.gk) == StageWorkloads:
		path = []string{"spec", "template", "spec"}
	default:
		return nil, ""
	}
	spec, field := m.root, ""
	for _, key := range path {
		spec, field = m.object(spec, field, key), join(field, key)
	}
	return spec, field
}

// hostKeys are the fields of a container that hold what its program reads, or whom a probe asks: env and
// header values, commands and arguments.
var hostKeys = map[string]bool{"value": true, "command": true, "args": true, "host": true}

// mapPodHosts: a workload that was told to talk to its neighbour db.foo.svc talks to the neighbour that
// came along.
func mapPodHosts(m *mapper) {
	spec, field := podSpecOf(m)
	if spec == nil {
		return
	}
	w := m.walker(field, func(w *walker, l leaf) (string, bool) {
		if !hostKeys[l.key] {
			return "", false
		}
		return m.mapHosts(w, l)
	})
	for _, key := range []string{"initContainers", "containers", "ephemeralContainers"} {
		w.field(spec, key)
	}
}

// mapServiceHost: an ExternalName is an alias, often of a Service in the same namespace.
func mapServiceHost(m *mapper) {
	if m.gk != serviceKind {
		return
	}
	w := m.walker("spec", m.mapHosts)
	w.field(m.object(m.root, "", "spec"), "externalName")
}

// mapIngressHosts: controllers read Services' names from annotations (an authentication URL, a mirror)
// as much as from the spec.
func mapIngressHosts(m *mapper) {
	if m.gk != ingressKind {
		return
	}
	w := m.walker("", m.mapHosts)
	w.field(m.root, "spec")
	w.base = "metadata"
	w.field(objectAt(m.root, "metadata"), "annotations")
}

// mapCustomHosts: what a custom resource's strings mean only its controller knows, so that the name of a
// Service that came along is followed wherever it stands.
func mapCustomHosts(m *mapper) {
	if !isCustom(m.gk.Group) {
		return
	}
	w := m.walker("", m.mapHosts)
	for key := range m.root {
		switch key {
		case "apiVersion", "kind", "metadata", "status":
		default:
			w.field(m.root, key)
		}
	}
}

// builtInGroups are the API server's own. A group that ends like them may be a CustomResourceDefinition's
// (gateway.networking.k8s.io), so that they are listed.
var builtInGroups = map[string]bool{
	"": true, "apps": true, "autoscaling": true, "batch": true, "extensions": true, "policy": true,
	"admissionregistration.k8s.io": true, "apiextensions.k8s.io": true, "apiregistration.k8s.io": true,
	"authentication.k8s.io": true, "authorization.k8s.io": true, "certificates.k8s.io": true,
	"coordination.k8s.io": true, "discovery.k8s.io": true, "events.k8s.io": true,
	"flowcontrol.apiserver.k8s.io": true, "internal.apiserver.k8s.io": true, "networking.k8s.io": true,
	"node.k8s.io": true, "rbac.authorization.k8s.io": true, "resource.k8s.io": true,
	"scheduling.k8s.io": true, "storage.k8s.io": true, "storagemigration.k8s.io": true,
}

func isCustom(group string) bool {
	return !builtInGroups[group]
}
