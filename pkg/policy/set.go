package policy

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/labels"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Set is a number of Baselines made ready to decide about many namespaces. It holds no reference to
// the objects that it was made of, never changes, and is safe for concurrent use.
type Set struct {
	rules []rule // by name
}

// rule is what deciding needs to know of one Baseline.
type rule struct {
	name     string
	required bool
	deleting bool
	selects  labels.Selector // nil selects nothing
	since    int64           // Unix time, seconds: what selects takes is not older; 0 takes all
	allows   labels.Selector // nil allows every namespace that asks
	invalid  error           // allowedNamespaces does not parse: nobody may ask
}

// Compile makes a Set. A namespaceSelector that does not parse selects nothing, and an
// allowedNamespaces that does not parse allows nothing: ValidateSelectors says so to whoever
// writes the Baseline, and its own condition to whoever reads it.
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
		name:     baseline.Name,
		required: baseline.Spec.Enforcement == v1alpha1.EnforcementRequired,
		deleting: !baseline.DeletionTimestamp.IsZero(),
	}
	if selects, err := parseSelector(baseline.Spec.NamespaceSelector); err == nil {
		compiled.selects = selects
	}
	if baseline.Spec.ExistingNamespaces != v1alpha1.ExistingNamespacesPopulate && !baseline.CreationTimestamp.IsZero() {
		compiled.since = baseline.CreationTimestamp.Unix()
	}
	compiled.allows, compiled.invalid = parseSelector(baseline.Spec.AllowedNamespaces)
	return compiled
}

func (s *Set) find(name string) (rule, bool) {
	i, found := slices.BinarySearchFunc(s.rules, name, func(r rule, name string) int { return cmp.Compare(r.name, name) })
	if !found {
		return rule{}, false
	}
	return s.rules[i], true
}
