package capture

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Everything is what the name "*", or no name at all, stands for.
var Everything = schema.GroupResource{Group: "*", Resource: everything}

const everything = "*"

// Resolve finds the resources that names stand for, as a backup's includedResources reads them: the plural, the singular or a
// short name, alone ("services", "deploy"), with the group ("deployments.apps") or with version and group
// ("deployments.v1.apps"), in any case. A name alone that several groups have stands for one of them: the core group's, else
// the first in the API server's order, as with kubectl. "*" and no names give Everything. unknown are the names that
// stand for nothing, or for nothing that is in namespaces.
//
// An error says that discovery failed, or did in part while a name is unknown or may be of a group that did not answer.
func Resolve(from Discovery, names []string) (found []schema.GroupResource, unknown []string, err error) {
	if selectsEverything(names) {
		return []schema.GroupResource{Everything}, nil, nil
	}
	c, err := readCatalog(from)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		if err := c.undecided(name); err != nil {
			return nil, nil, fmt.Errorf("find the resources that %q stands for: %w", name, err)
		}
	}
	found, unknown = c.resolve(names)
	if len(unknown) > 0 && len(c.failed) > 0 {
		return nil, nil, fmt.Errorf("find the resources that %q stands for: %s", unknown[0], c.noAnswer())
	}
	return found, unknown, nil
}

// Names gives the names of every resource that can be backed up, as "services" and "deployments.apps", in order.
func Names(from Discovery) ([]string, error) {
	c, err := readCatalog(from)
	if err != nil {
		return nil, err
	}
	return c.names(), nil
}

func selectsEverything(names []string) bool {
	return len(names) == 0 || slices.Contains(names, everything)
}

func (c catalog) resolve(names []string) (found []schema.GroupResource, unknown []string) {
	for _, name := range names {
		matches := c.match(name)
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

// match gives the resources that a name may stand for, the one that it does stand for first. What is called so in the
// plural comes before what is in the singular, and that before a short name.
func (c catalog) match(name string) []resource {
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

func (c catalog) names() []string {
	var names []string
	for _, r := range c.all() {
		names = append(names, r.name())
	}
	slices.Sort(names)
	return names
}

// noAnswer names the groups that failed.
func (c catalog) noAnswer() string {
	return "the API server has no answer from " + joinGroups(c.failures())
}
