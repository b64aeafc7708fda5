package transform

import "fmt"

// hostAnnotations make ExternalDNS create a public record for an object of any kind.
var hostAnnotations = []string{"external-dns.alpha.kubernetes.io/hostname", "external-dns.alpha.kubernetes.io/internal-hostname"}

// warnRouteHosts adds a warning for each public host that a copy claims beside the source: the controller then
// chooses which of them gets the traffic, and a clone may take it from production. The hosts stay, because only the
// user knows the new ones.
func warnRouteHosts(m *mapper) {
	annotations := annotationsOf(m.root)
	for _, key := range hostAnnotations {
		m.warnHost(annotations[key], joinPath("metadata.annotations", key))
	}
	spec := objectAt(m.root, "spec")
	switch {
	case m.gk == ingressKind:
		m.eachObject(spec, "spec", "rules", func(rule map[string]any, field string) {
			m.warnHost(rule["host"], joinPath(field, "host"))
		})
	case m.gk.Group == "route.openshift.io" && m.gk.Kind == "Route":
		m.warnHost(spec["host"], "spec.host")
	case m.gk.Group != gatewayGroup:
	case m.gk.Kind == "Gateway":
		m.eachObject(spec, "spec", "listeners", func(listener map[string]any, field string) {
			m.warnHost(listener["hostname"], joinPath(field, "hostname"))
		})
	default:
		for i, host := range m.listField(spec, "spec", "hostnames") {
			m.warnHost(host, indexPath("spec.hostnames", i))
		}
	}
}

func (m *mapper) warnHost(value any, field string) {
	host, _ := value.(string)
	if host == "" || m.isChanged(field) {
		return
	}
	m.warn(field, fmt.Sprintf("%q is the source's own host: both namespaces claim it", host))
}
