package policy

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/labels"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Set is a compiled list of Baselines, which decides for many namespaces. It keeps no reference to the Baselines, never
// changes, and is safe for concurrent use.
type Set struct {
	rules []rule // by name
}

// rule is a compiled Baseline.
type rule struct {
	name     string
	required bool
	deleting bool
	selects  labels.Selector          // nil matches no namespace
	since    int64                    // Unix time in seconds: selects matches no older namespace; 0 for any age
	allows   labels.Selector          // nil matches every namespace that asks
	invalid  error                    // allowedNamespaces does not parse: no namespace may ask
	values   func() *valuesByRevision // nil without rules for values
}

// Compile returns a Set. A namespaceSelector that does not parse matches no namespace, and an allowedNamespaces that does not
// parse allows none: ValidateSelectors returns the errors for admission and for the Baseline's condition.
func Compile(baselines []v1alpha1.Baseline) *Set {
	set := &Set{rules: make([]rule, 0, len(baselines))}
	for i := range baselines {
		set.rules = append(set.rules, compileRule(&baselines[i]))
	}
	slices.SortFunc(set.rules, func(a, b rule) int { return cmp.Compare(a.name, b.name) })
	return set
}

func compileRule(baseline *v1alpha1.Baseline) rule {
	compiled := rule{
		name: baseline.Name, required: baseline.Spec.Enforcement == v1alpha1.EnforcementRequired, deleting: !baseline.DeletionTimestamp.IsZero(),
	}
	if selects, err := parseSelector(baseline.Spec.NamespaceSelector); err == nil {
		compiled.selects = selects
	}
	if baseline.Spec.ExistingNamespaces != v1alpha1.ExistingNamespacesPopulate && !baseline.CreationTimestamp.IsZero() {
		compiled.since = baseline.CreationTimestamp.Unix()
	}
	compiled.allows, compiled.invalid = parseSelector(baseline.Spec.AllowedNamespaces)
	compiled.values = compileHistory(baseline)
	return compiled
}

func (s *Set) findRule(name string) (rule, bool) {
	i, found := slices.BinarySearchFunc(s.rules, name, func(r rule, name string) int { return cmp.Compare(r.name, name) })
	if !found {
		return rule{}, false
	}
	return s.rules[i], true
}
