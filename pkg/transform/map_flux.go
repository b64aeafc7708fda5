package transform

// mapFluxTarget maps the namespaces that a HelmRelease or a Kustomization deploys into where that is the source: two of one name would
// fight over it, and the objects that are left to this one would be made nowhere.
func mapFluxTarget(m *mapper) {
	if m.gk != helmReleaseKind && m.gk != kustomizationKind {
		return
	}
	spec := m.objectField(m.root, "", "spec")
	for _, key := range []string{"targetNamespace", "storageNamespace"} {
		if spec[key] == m.Source {
			m.setTarget(spec, key, joinPath("spec", key))
		}
	}
}
