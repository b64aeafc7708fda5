package capture

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Nearest finds among known names the one that somebody who wrote name probably meant.
type Nearest func(name string, known []string) (string, bool)

// selection is what one spec selects: which resources are listed, and what has to be said about it.
type selection struct {
	resources        []resource
	warnings, errors []string
	// transient reports whether one of the errors may pass by itself.
	transient bool
}

// choose decides which resources to list, by name and in order.
func (c catalog) choose(spec *v1alpha1.BaselineBackupSpec, nearest Nearest) selection {
	var s selection
	if selectsEverything(spec.IncludedResources) {
		s.resources = c.all()
		s.tellMissing(c)
	} else {
		s.include(c, spec.IncludedResources, nearest)
	}
	s.exclude(c, spec.ExcludedResources, nearest)
	slices.SortFunc(s.resources, func(a, b resource) int { return cmp.Compare(a.name(), b.name()) })
	s.resources = slices.CompactFunc(s.resources, func(a, b resource) bool { return a.name() == b.name() })
	return s
}

// tellMissing says which groups could not be asked when everything is selected.
func (s *selection) tellMissing(c catalog) {
	for _, group := range c.failures() {
		if holdsMetrics(group) {
			s.warnings = append(s.warnings, fmt.Sprintf("the API server has no answer from %s: %v", group, c.failed[group]))
			continue
		}
		s.transient = true
		s.errors = append(s.errors, fmt.Sprintf("the API server has no answer from %s, so that none of its objects are in this backup: %v", group, c.failed[group]))
	}
}

// holdsMetrics tells the groups of metrics.k8s.io and its relatives: they fail often, and hold nothing that can be
// created and so nothing that could be missing.
func holdsMetrics(group schema.GroupVersion) bool {
	return group.Group == "metrics.k8s.io" || strings.HasSuffix(group.Group, ".metrics.k8s.io")
}

func (s *selection) include(c catalog, names []string, nearest Nearest) {
	for _, name := range names {
		matches, undecided := c.match(name), c.undecided(name)
		switch {
		case undecided != nil:
			s.transient = true
			s.errors = append(s.errors, fmt.Sprintf("includedResources: %v", undecided))
		case len(matches) > 0 && matches[0].obstacle() == "":
			s.resources = append(s.resources, matches[0])
		case len(matches) > 0:
			s.errors = append(s.errors, fmt.Sprintf("includedResources: %q is not backed up: %s", name, matches[0].obstacle()))
		case len(c.failed) > 0:
			s.transient = true
			s.errors = append(s.errors, fmt.Sprintf("includedResources: %q is no resource that is known now: %s", name, c.noAnswer()))
		default:
			s.errors = append(s.errors, fmt.Sprintf("includedResources: %q is no resource of this cluster%s", name, suggestName(c, name, nearest)))
		}
	}
	if len(c.failed) > 0 {
		s.warnings = append(s.warnings, c.noAnswer())
	}
}

// exclude leaves out everything that a name may stand for, not only what it stands for first: too much left out is seen
// sooner than something that was to stay out.
func (s *selection) exclude(c catalog, names []string, nearest Nearest) {
	for _, name := range names {
		if name == everything {
			s.resources = nil
			continue
		}
		matches := c.match(name)
		if len(matches) == 0 {
			s.warnings = append(s.warnings, fmt.Sprintf("excludedResources: %q excludes nothing, it is no resource of this cluster%s", name, suggestName(c, name, nearest)))
		}
		s.resources = slices.DeleteFunc(s.resources, func(r resource) bool {
			return slices.ContainsFunc(matches, func(m resource) bool { return m.name() == r.name() })
		})
	}
}

func suggestName(c catalog, name string, nearest Nearest) string {
	if nearest == nil {
		return ""
	}
	if meant, ok := nearest(name, c.names()); ok {
		return fmt.Sprintf(": did you mean %q?", meant)
	}
	return ""
}
