package transform

// monitorKinds are the Prometheus operator's. Distributions serve copies under groups of their own, so the
// group is not compared.
var monitorKinds = map[string]bool{"ServiceMonitor": true, "PodMonitor": true, "Probe": true}

// mapMonitors makes a monitor that names its own namespace watch the target: left as it is, the source
// would be scraped twice and the target never.
func mapMonitors(m *mapper) {
	if !monitorKinds[m.gk.Kind] || !isCustom(m.gk.Group) {
		return
	}
	spec := m.object(m.root, "", "spec")
	m.mapMatchNames(spec, "spec")
	targets := objectAt(spec, "targets")
	m.mapMatchNames(objectAt(targets, "ingress"), "spec.targets.ingress")
}

func (m *mapper) mapMatchNames(parent map[string]any, field string) {
	selector := m.object(parent, field, "namespaceSelector")
	field = join(field, "namespaceSelector")
	names := m.list(selector, field, "matchNames")
	for i, name := range names {
		if name == m.Source {
			names[i] = m.Target
			m.note(index(join(field, "matchNames"), i), "")
		}
	}
}
