package transform

import "k8s.io/apimachinery/pkg/runtime/schema"

// Mapping configures Map: the two namespaces and how far the mapping reaches.
type Mapping struct {
	// Source is the namespace that was backed up, Target the one that is populated. No rule reads Target, so it may
	// be a placeholder of any length.
	Source, Target string
	// Text also maps DNS names in the text of ConfigMaps and Secrets (mapping ReferencesAndText).
	Text bool
	// ClusterDomains are the domains that may follow "svc". Empty means cluster.local.
	ClusterDomains []string
	// Inventory lists the objects that move with this one. If it is nil, only identity moves.
	Inventory *Inventory
}

// mapRules run in this order: first the rules for single kinds, then those for all kinds, and last those that warn
// about the names that are left.
var mapRules = []func(m *mapper){
	mapNamespace,
	mapRoleBinding,
	mapNetworkPolicy,
	mapMonitors,
	mapReferenceGrant,
	mapCertificate,
	mapFluxTarget,
	mapReferences,
	mapPodHosts,
	mapServiceHost,
	mapIngressHosts,
	mapCustomHosts,
	mapText,
	warnRouteHosts,
	warnLeftovers,
}

// mapper holds the state of Map for one object.
type mapper struct {
	report
	Mapping
	gk    schema.GroupKind
	root  map[string]any
	hosts *hostMatcher
	// changed maps the path of each mapped string to the string with targetMask in place of the target. Rules read it
	// instead of the object, so that none depends on the target's name.
	changed map[string]string
	// trail is the stack of the walkers. The rules run one after the other, so they share it.
	trail []step
}

// Map replaces the source namespace's name in obj by the target's, in place. It returns a warning for each value that
// still names the source and could be a mistake. An object that does not name the source is not changed.
//
// A mapped value of a Secret moves from data to stringData: in base64 the target's name would not be a substring of
// the JSON string. The API server merges stringData into data.
func Map(obj Object, mapping Mapping) []Warning {
	root := obj.root()
	if len(root) == 0 || mapping.Source == "" {
		return nil
	}
	m := &mapper{Mapping: mapping, gk: obj.groupKind(), root: root, hosts: newHostMatcher(mapping.Source, mapping.ClusterDomains, mapping.Inventory)}
	for _, rule := range mapRules {
		rule(m)
	}
	return m.sortedWarnings()
}

// newWalker returns a walker that starts at the object with the path base.
func (m *mapper) newWalker(base string, visit func(*walker, leaf) (string, bool)) *walker {
	if m.trail == nil {
		m.trail = make([]step, 0, 16)
	}
	return &walker{base: base, trail: m.trail[:0], visit: visit}
}

// setTarget sets parent[key], which has that path, to the target's name.
func (m *mapper) setTarget(parent map[string]any, key, path string) {
	parent[key] = m.Target
	m.recordChange(path, "")
}

// setTargetWithin sets parent[key] to prefix, the target's name and suffix.
func (m *mapper) setTargetWithin(parent map[string]any, key, path, prefix, suffix string) {
	parent[key] = prefix + m.Target + suffix
	m.recordChange(path, prefix+targetMask+suffix)
}

// recordChange records that the string at path was mapped, and the rest of it: the string with targetMask for the
// target.
func (m *mapper) recordChange(path, rest string) {
	if m.changed == nil {
		m.changed = map[string]string{}
	}
	m.changed[path] = rest
}

// isChanged reports whether the string at path was mapped.
func (m *mapper) isChanged(path string) bool {
	_, found := m.changed[path]
	return found
}
