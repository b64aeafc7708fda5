package capture

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Everything is the result of the name "*", or of no name at all.
var Everything = schema.GroupResource{Group: "*", Resource: everything}

const everything = "*"

// Resolve returns the resources of the names in a backup's includedResources: the plural, the singular or a short
// name, alone ("services", "deploy"), with the group ("deployments.apps") or with version and group
// ("deployments.v1.apps"), in any case. If several groups have a name, it means the core group's resource, else that
// of the first group in the API server's order, as with kubectl. "*" and an empty list mean Everything. unknown are
// the names without a namespaced resource.
//
// Resolve returns an error if discovery failed, or if it failed in part and a name is unknown or may belong to a
// group that did not answer.
func Resolve(from Discovery, names []string) (found []schema.GroupResource, unknown []string, err error) {
	if selectsEverything(names) {
		return []schema.GroupResource{Everything}, nil, nil
	}
	c, err := readCatalog(from)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		if err := c.ambiguityError(name); err != nil {
			return nil, nil, fmt.Errorf("resolving the resource %q: %w", name, err)
		}
	}
	found, unknown = c.resolveNames(names)
	if len(unknown) > 0 && len(c.failed) > 0 {
		return nil, nil, fmt.Errorf("resolving the resource %q: %s", unknown[0], c.noAnswerMessage())
	}
	return found, unknown, nil
}

// Names returns the sorted names of every resource that can be backed up, as "services" and "deployments.apps".
func Names(from Discovery) ([]string, error) {
	c, err := readCatalog(from)
	if err != nil {
		return nil, err
	}
	return c.resourceNames(), nil
}

func selectsEverything(names []string) bool {
	return len(names) == 0 || slices.Contains(names, everything)
}

func (c catalog) resolveNames(names []string) (found []schema.GroupResource, unknown []string) {
	for _, name := range names {
		matches := c.matchName(name)
		if len(matches) == 0 || !matches[0].namespaced {
			unknown = append(unknown, name)
			continue
		}
		if group := matches[0].GroupResource(); !slices.Contains(found, group) {
			found = append(found, group)
		}
	}
	return found, unknown
}

// matchName returns the resources that a name may mean, the one that it does mean first. A plural precedes a
// singular, and that a short name.
func (c catalog) matchName(name string) []resource {
	name, qualifier, qualified := strings.Cut(strings.ToLower(name), ".")
	for _, called := range []func(resource) bool{
		func(r resource) bool { return r.Resource == name },
		func(r resource) bool { return r.singular == name },
		func(r resource) bool { return slices.Contains(r.shortNames, name) },
	} {
		var matches []resource
		for _, r := range c.resources {
			if called(r) && (!qualified || qualifier == r.Group || qualifier == r.Version+"."+r.Group) {
				matches = append(matches, r)
			}
		}
		if len(matches) > 0 {
			return matches
		}
	}
	return nil
}

func (c catalog) resourceNames() []string {
	var names []string
	for _, r := range c.allCapturable() {
		names = append(names, r.name())
	}
	slices.Sort(names)
	return names
}

// noAnswerMessage returns a message that names the groups that failed.
func (c catalog) noAnswerMessage() string {
	return "the API server has no answer from " + joinGroups(c.failedGroups())
}

// ambiguousGroups returns the groups without an answer that the name may belong to, although another group has a
// resource of that name: once they answer again, the name resolves to theirs. Admission reviews a backup for the
// resources that its names resolve to, which must be the same when the backup is taken. A name with its group is
// never ambiguous.
func (c catalog) ambiguousGroups(name string) []schema.GroupVersion {
	matches := c.matchName(name)
	if len(matches) == 0 || strings.Contains(name, ".") {
		return nil
	}
	plural := matches[0].Resource == strings.ToLower(name)
	return slices.DeleteFunc(c.failedGroups(), func(failed schema.GroupVersion) bool {
		return isMetricsGroup(failed) || failed.Group == matches[0].Group || plural && c.isBefore(matches[0].Group, failed.Group)
	})
}

// isBefore reports whether a group precedes another in the API server's order. If that is not known, only the core
// group precedes others.
func (c catalog) isBefore(group, other string) bool {
	i, j := slices.Index(c.groups, group), slices.Index(c.groups, other)
	if i < 0 || j < 0 {
		return group == ""
	}
	return i < j
}

// ambiguityError returns an error if the name is ambiguous.
func (c catalog) ambiguityError(name string) error {
	groups := c.ambiguousGroups(name)
	if len(groups) == 0 {
		return nil
	}
	return fmt.Errorf("the API server has no answer from %s, which may have a resource of the name %q too: write it with its group, as in %q",
		joinGroups(groups), name, c.matchName(name)[0].qualifiedName())
}

// qualifiedName returns a name of the resource that includes its group: "services.v1." for the core group's.
func (r resource) qualifiedName() string {
	if r.Group == "" {
		return r.Resource + "." + r.Version + "."
	}
	return r.name()
}

func joinGroups(groups []schema.GroupVersion) string {
	names := make([]string, 0, len(groups))
	for _, group := range groups {
		names = append(names, group.String())
	}
	return strings.Join(names, ", ")
}
