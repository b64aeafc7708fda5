package transform

// monitorKinds are kinds of the Prometheus operator. The group is not compared, because distributions serve copies
// under groups of their own.
var monitorKinds = map[string]bool{"ServiceMonitor": true, "PodMonitor": true, "Probe": true}

// mapMonitors maps the namespace that a monitor selects. Otherwise the source would be scraped twice and the target
// never.
func mapMonitors(m *mapper) {
	if !monitorKinds[m.gk.Kind] || !isCustom(m.gk.Group) {
		return
	}
	spec := m.objectField(m.root, "", "spec")
	m.mapMatchNames(spec, "spec")
	targets := objectAt(spec, "targets")
	m.mapMatchNames(objectAt(targets, "ingress"), "spec.targets.ingress")
}

func (m *mapper) mapMatchNames(parent map[string]any, field string) {
	selector := m.objectField(parent, field, "namespaceSelector")
	field = joinPath(field, "namespaceSelector")
	names := m.listField(selector, field, "matchNames")
	for i, name := range names {
		if name == m.Source {
			names[i] = m.Target
			m.recordChange(indexPath(joinPath(field, "matchNames"), i), "")
		}
	}
}
