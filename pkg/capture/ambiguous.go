package capture

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// ambiguity returns the groups without an answer that a name may belong to, although another group has a resource of that name:
// once they answer again, the name resolves to theirs. A request for a backup is reviewed for the resources that its names resolve
// to, which must be the same when the backup is taken. A name with its group is never ambiguous.
func (c catalog) ambiguity(name string) []schema.GroupVersion {
	matches := c.match(name)
	if len(matches) == 0 || strings.Contains(name, ".") {
		return nil
	}
	plural := matches[0].Resource == strings.ToLower(name)
	return slices.DeleteFunc(c.failures(), func(failed schema.GroupVersion) bool {
		return holdsMetrics(failed) || failed.Group == matches[0].Group || plural && c.comesFirst(matches[0].Group, failed.Group)
	})
}

// comesFirst reports whether a group is before another one in the API server's order. Where that is not known, only the core
// group is before others.
func (c catalog) comesFirst(group, other string) bool {
	i, j := slices.Index(c.groups, group), slices.Index(c.groups, other)
	if i < 0 || j < 0 {
		return group == ""
	}
	return i < j
}

// undecided returns the error of an ambiguous name; nil for any other.
func (c catalog) undecided(name string) error {
	groups := c.ambiguity(name)
	if len(groups) == 0 {
		return nil
	}
	return fmt.Errorf("the API server has no answer from %s, which may have a resource of the name %q too: write it with its group, as in %q",
		joinGroups(groups), name, c.match(name)[0].qualified())
}

// qualified returns a name of the resource that includes its group: "services.v1." for the core group's.
func (r resource) qualified() string {
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
