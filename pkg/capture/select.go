package capture

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Nearest returns the known name that is most similar to a mistyped one.
type Nearest func(name string, known []string) (string, bool)

// selection is the result of selecting resources by a spec: the resources to list, and messages about the rest.
type selection struct {
	resources        []resource
	warnings, errors []string
	// transient is true if one of the errors is transient.
	transient bool
}

// selectResources returns the resources to list, sorted by name.
func (c catalog) selectResources(spec *v1alpha1.BaselineBackupSpec, nearest Nearest) selection {
	var s selection
	if selectsEverything(spec.IncludedResources) {
		s.resources = c.allCapturable()
		s.reportFailedGroups(c)
	} else {
		s.includeNames(c, spec.IncludedResources, nearest)
	}
	s.excludeNames(c, spec.ExcludedResources, nearest)
	slices.SortFunc(s.resources, func(a, b resource) int { return cmp.Compare(a.name(), b.name()) })
	s.resources = slices.CompactFunc(s.resources, func(a, b resource) bool { return a.name() == b.name() })
	return s
}

// reportFailedGroups records the groups that did not answer when everything is selected.
func (s *selection) reportFailedGroups(c catalog) {
	for _, group := range c.failedGroups() {
		if isMetricsGroup(group) {
			s.warnings = append(s.warnings, fmt.Sprintf("the API server has no answer from %s: %v", group, c.failed[group]))
			continue
		}
		s.transient = true
		s.errors = append(s.errors, fmt.Sprintf("the API server has no answer from %s, so that none of its objects are in this backup: %v", group, c.failed[group]))
	}
}

// isMetricsGroup reports whether the group is metrics.k8s.io or a relative of it. These fail often, and their objects
// cannot be created, so none can be missing.
func isMetricsGroup(group schema.GroupVersion) bool {
	return group.Group == "metrics.k8s.io" || strings.HasSuffix(group.Group, ".metrics.k8s.io")
}

func (s *selection) includeNames(c catalog, names []string, nearest Nearest) {
	for _, name := range names {
		matches, undecided := c.matchName(name), c.ambiguityError(name)
		switch {
		case undecided != nil:
			s.transient = true
			s.errors = append(s.errors, fmt.Sprintf("includedResources: %v", undecided))
		case len(matches) > 0 && matches[0].exclusionReason() == "":
			s.resources = append(s.resources, matches[0])
		case len(matches) > 0:
			s.errors = append(s.errors, fmt.Sprintf("includedResources: %q is not backed up: %s", name, matches[0].exclusionReason()))
		case len(c.failed) > 0:
			s.transient = true
			s.errors = append(s.errors, fmt.Sprintf("includedResources: %q is no resource that is known now: %s", name, c.noAnswerMessage()))
		default:
			s.errors = append(s.errors, fmt.Sprintf("includedResources: %q is no resource of this cluster%s", name, suggestName(c, name, nearest)))
		}
	}
	if len(c.failed) > 0 {
		s.warnings = append(s.warnings, c.noAnswerMessage())
	}
}

// excludeNames removes everything that a name may mean, not only its first meaning: an object too few is noticed
// sooner than one too many.
func (s *selection) excludeNames(c catalog, names []string, nearest Nearest) {
	for _, name := range names {
		if name == everything {
			s.resources = nil
			continue
		}
		matches := c.matchName(name)
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
	if meant, ok := nearest(name, c.resourceNames()); ok {
		return fmt.Sprintf(": did you mean %q?", meant)
	}
	return ""
}
