package capture

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

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
