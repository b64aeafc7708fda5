package transform

import (
	"strings"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
)

// mapCertificate maps names that cover every Service of the namespace, *.foo.svc: they refer to the namespace and not
// to one Service. Names of single Services are mapped as in any custom resource.
func mapCertificate(m *mapper) {
	if m.gk.Group != certmanagerv1.SchemeGroupVersion.Group || m.gk.Kind != certmanagerv1.CertificateKind {
		return
	}
	spec := m.objectField(m.root, "", "spec")
	if name, ok := m.mapWildcard(spec["commonName"], "spec.commonName"); ok {
		spec["commonName"] = name
	}
	names := m.listField(spec, "spec", "dnsNames")
	for i, value := range names {
		if name, ok := m.mapWildcard(value, indexPath("spec.dnsNames", i)); ok {
			names[i] = name
		}
	}
}

func (m *mapper) mapWildcard(value any, field string) (string, bool) {
	name, _ := value.(string)
	rest, found := strings.CutPrefix(name, "*."+m.Source)
	if !found {
		return "", false
	}
	after, service := strings.CutPrefix(rest, ".svc")
	if rest != "" && (!service || startsLabel(after) || !m.hosts.endsName(after)) {
		return "", false
	}
	m.recordChange(field, "*."+targetMask+rest)
	return "*." + m.Target + rest, true
}
