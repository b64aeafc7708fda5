package transform

const gatewayGroup = "gateway.networking.k8s.io"

// gatewayDefaults are the kinds of Gateway API references that name none, by their field.
var gatewayDefaults = map[string]reference{
	"parentRefs":      {group: gatewayGroup, kind: "Gateway"},
	"backendRefs":     {kind: "Service"},
	"backendRef":      {kind: "Service"},
	"certificateRefs": {kind: "Secret"},
}

// mapReferenceGrant maps the namespaces that a grant allows: a grant to the source's own routes becomes one to their
// copies. It names a kind and a namespace but no object, so it moves like identity.
func mapReferenceGrant(m *mapper) {
	if m.gk.Group != gatewayGroup || m.gk.Kind != "ReferenceGrant" {
		return
	}
	spec := m.objectField(m.root, "", "spec")
	m.eachObject(spec, "spec", "from", func(from map[string]any, field string) {
		if stringAt(from, "namespace") == m.Source {
			m.setTarget(from, "namespace", joinPath(field, "namespace"))
		}
	})
}
