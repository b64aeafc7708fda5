package transform

const gatewayGroup = "gateway.networking.k8s.io"

// gatewayDefaults are the kinds that a reference of the Gateway API means when it names none, by the field
// that it stands in.
var gatewayDefaults = map[string]reference{
	"parentRefs":      {group: gatewayGroup, kind: "Gateway"},
	"backendRefs":     {kind: "Service"},
	"backendRef":      {kind: "Service"},
	"certificateRefs": {kind: "Secret"},
}

// mapReferenceGrant: a grant to the source's own routes is one to the routes that moved. It names a kind and
// a namespace but no object, so it moves as identity does.
func mapReferenceGrant(m *mapper) {
	if m.gk.Group != gatewayGroup || m.gk.Kind != "ReferenceGrant" {
		return
	}
	spec := m.object(m.root, "", "spec")
	m.objects(spec, "spec", "from", func(from map[string]any, field string) {
		if stringAt(from, "namespace") == m.Source {
			m.move(from, "namespace", join(field, "namespace"))
		}
	})
}
