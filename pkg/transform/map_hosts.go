package transform

import "strings"

// mapHosts replaces the source in DNS names of Services that moved. The rules below pass it as visit to a walker over
// the strings that programs are known to read.
func (m *mapper) mapHosts(w *walker, l leaf) (string, bool) {
	if !strings.Contains(l.value, m.hosts.short) {
		return "", false
	}
	mapped, rest, ok := m.hosts.rewriteNames(l.value, m.Target)
	if !ok {
		return "", false
	}
	m.recordChange(w.path(), rest)
	return mapped, true
}

// podSpecOf returns the Pod spec of an object of a built-in kind, and its path; nil if the kind has none.
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
		spec, field = m.objectField(spec, field, key), joinPath(field, key)
	}
	return spec, field
}

// hostKeys are the fields of a container whose strings its program reads, or that name the target of a probe: values
// of env and headers, commands, arguments, hosts.
var hostKeys = map[string]bool{"value": true, "command": true, "args": true, "host": true}

// mapPodHosts maps the host names in a workload's containers: a workload that talks to its neighbour db.foo.svc then
// talks to the copy of that neighbour.
func mapPodHosts(m *mapper) {
	spec, field := podSpecOf(m)
	if spec == nil {
		return
	}
	w := m.newWalker(field, func(w *walker, l leaf) (string, bool) {
		if !hostKeys[l.key] {
			return "", false
		}
		return m.mapHosts(w, l)
	})
	for _, key := range []string{"initContainers", "containers", "ephemeralContainers"} {
		w.walkField(spec, key)
	}
}

// mapServiceHost maps externalName, which is often an alias of a Service in the same namespace.
func mapServiceHost(m *mapper) {
	if m.gk != serviceKind {
		return
	}
	w := m.newWalker("spec", m.mapHosts)
	w.walkField(m.objectField(m.root, "", "spec"), "externalName")
}

// mapIngressHosts maps the spec and the annotations: controllers read Services' names from annotations too (an
// authentication URL, a mirror).
func mapIngressHosts(m *mapper) {
	if m.gk != ingressKind {
		return
	}
	w := m.newWalker("", m.mapHosts)
	w.walkField(m.root, "spec")
	w.base = "metadata"
	w.walkField(objectAt(m.root, "metadata"), "annotations")
}

// mapCustomHosts maps all strings of a custom resource outside its metadata and status. Only its controller knows
// their meaning, so a name of a Service that moved is followed wherever it occurs.
func mapCustomHosts(m *mapper) {
	if !isCustom(m.gk.Group) {
		return
	}
	w := m.newWalker("", m.mapHosts)
	for key := range m.root {
		switch key {
		case "apiVersion", "kind", "metadata", "status":
		default:
			w.walkField(m.root, key)
		}
	}
}

// builtInGroups are the API server's own groups. They are listed, because a group with the same suffix may belong to
// a CustomResourceDefinition (gateway.networking.k8s.io).
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
