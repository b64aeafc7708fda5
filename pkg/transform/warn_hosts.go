package transform

import "fmt"

// hostAnnotations make ExternalDNS write a public record for the object that has them, of any kind.
var hostAnnotations = []string{
	"external-dns.alpha.kubernetes.io/hostname",
	"external-dns.alpha.kubernetes.io/internal-hostname",
}

// warnRouteHosts tells the public hosts that a copy claims beside the source: who gets the traffic is then
// the controller's guess, and a clone may take it from production. They stay, since nobody but the user
// knows the new ones.
func warnRouteHosts(m *mapper) {
	annotations := annotationsOf(m.root)
	for _, key := range hostAnnotations {
		m.warnHost(annotations[key], join("metadata.annotations", key))
	}
	spec := objectAt(m.root, "spec")
	switch {
	case m.gk == ingressKind:
		m.objects(spec, "spec", "rules", func(rule map[string]any, field string) {
			m.warnHost(rule["host"], join(field, "host"))
		})
	case m.gk.Group == "route.openshift.io" && m.gk.Kind == "Route":
		m.warnHost(spec["host"], "spec.host")
	case m.gk.Group != gatewayGroup:
	case m.gk.Kind == "Gateway":
		m.objects(spec, "spec", "listeners", func(listener map[string]any, field string) {
			m.warnHost(listener["hostname"], join(field, "hostname"))
		})
	default:
		for i, host := range m.list(spec, "spec", "hostnames") {
			m.warnHost(host, index("spec.hostnames", i))
		}
	}
}

func (m *mapper) warnHost(value any, field string) {
	host, _ := value.(string)
	if host == "" || m.hasMoved(field) {
		return
	}
	m.warn(field, fmt.Sprintf("%q is the source's own host: both namespaces claim it", host))
}
