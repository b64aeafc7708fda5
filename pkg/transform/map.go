package transform

import "k8s.io/apimachinery/pkg/runtime/schema"

// Mapping says from which namespace to which, and how far.
type Mapping struct {
	// Source is the namespace that was backed up, Target the one that is populated. Target is never looked
	// at: it may be a placeholder of any length.
	Source, Target string
	// Text maps DNS names in the text of ConfigMaps and Secrets too (mapping ReferencesAndText).
	Text bool
	// ClusterDomains are the domains that may follow "svc"; cluster.local when empty.
	ClusterDomains []string
	// Inventory says what moves. With nil only identity does.
	Inventory *Inventory
}

// mapRules run in this order: what a rule knows about its own kind comes before what holds for all, and what
// is left is judged last.
var mapRules = []func(m *mapper){
	mapNamespace,
	mapRoleBinding,
	mapNetworkPolicy,
	mapMonitors,
	mapReferenceGrant,
	mapCertificate,
	mapReferences,
	mapPodHosts,
	mapServiceHost,
	mapIngressHosts,
	mapCustomHosts,
	mapText,
	warnRouteHosts,
	warnLeftovers,
}

// mapper is one object on its way through the mapping rules.
type mapper struct {
	report
	Mapping
	gk    schema.GroupKind
	root  map[string]any
	hosts *hostMatcher
	// changed is what was substituted, by path, with what of the string is left beside the substitution.
	// It keeps the rules from looking at the target's name.
	changed map[string]string
	// trail is the walkers' stack: rules run one after the other, so that they share it.
	trail []step
}

// Map makes what names the source namespace in obj name the target, in place, and tells what still names
// the source and could be a mistake. An object that does not name the source is not touched.
//
// Mapped text of a Secret moves from data to stringData, since the target's name could not stand in base64
// as a part of the JSON string; the API server merges it into data.
func Map(obj Object, mapping Mapping) []Warning {
	root := obj.root()
	if len(root) == 0 || mapping.Source == "" {
		return nil
	}
	m := &mapper{
		Mapping: mapping,
		gk:      obj.groupKind(),
		root:    root,
		hosts:   newHostMatcher(mapping.Source, mapping.ClusterDomains, mapping.Inventory),
	}
	for _, rule := range mapRules {
		rule(m)
	}
	return m.sorted()
}

// walker is a walker for one rule, which starts at the object that has that path.
func (m *mapper) walker(base string, visit func(*walker, leaf) (string, bool)) *walker {
	if m.trail == nil {
		m.trail = make([]step, 0, 16)
	}
	return &walker{base: base, trail: m.trail[:0], visit: visit}
}

// move makes parent[key], at that path, name the target.
func (m *mapper) move(parent map[string]any, key, path string) {
	parent[key] = m.Target
	m.note(path, "")
}

// moveWithin replaces the string parent[key] by prefix, target and suffix.
func (m *mapper) moveWithin(parent map[string]any, key, path, prefix, suffix string) {
	parent[key] = prefix + m.Target + suffix
	m.note(path, prefix+gap+suffix)
}

func (m *mapper) note(path, rest string) {
	if m.changed == nil {
		m.changed = map[string]string{}
	}
	m.changed[path] = rest
}

func (m *mapper) hasMoved(path string) bool {
	_, found := m.changed[path]
	return found
}
