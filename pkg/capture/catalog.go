package capture

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Discovery says what the cluster serves. A discovery client is one; one that caches would lag behind CRDs.
type Discovery interface {
	// ServerPreferredResources gives each resource once, in the version that the cluster prefers. Together with
	// an *discovery.ErrGroupDiscoveryFailed it gives those of the groups that answered.
	ServerPreferredResources() ([]*metav1.APIResourceList, error)
	// ServerGroups gives every group, in order, also those that do not answer.
	ServerGroups() (*metav1.APIGroupList, error)
}

// resource is one resource that the cluster serves.
type resource struct {
	schema.GroupVersionResource
	kind       string
	singular   string
	shortNames []string
	namespaced bool
	verbs      []string
}

// name is how a resource is called everywhere: "services", "deployments.apps".
func (r resource) name() string { return r.GroupResource().String() }

// path returns where the API server serves the resource, in one namespace unless that is empty.
func (r resource) path(namespace string) []string {
	path := []string{"/apis", r.Group, r.Version}
	if r.Group == "" {
		path = []string{"/api", r.Version}
	}
	if namespace != "" {
		path = append(path, "namespaces", namespace)
	}
	return append(path, r.Resource)
}

// catalog is what discovery told.
type catalog struct {
	// resources are in discovery's order of groups, the core group first: of two with the same name the earlier
	// is the one that kubectl takes for it. Within a group they are in alphabetical order.
	resources []resource
	// failed are the groups that did not answer, and why.
	failed map[schema.GroupVersion]error
	// groups are the names of all groups in discovery's order; none where all answered, or where it is not known.
	groups []string
}

func readCatalog(from Discovery) (catalog, error) {
	lists, err := from.ServerPreferredResources()
	c, err := newCatalog(lists, err)
	if err != nil || len(c.failed) == 0 {
		return c, err
	}
	if groups, err := from.ServerGroups(); err == nil {
		for i := range groups.Groups {
			c.groups = append(c.groups, groups.Groups[i].Name)
		}
	}
	return c, nil
}

// newCatalog takes discovery's two results. Only groups that do not answer can be done without.
func newCatalog(lists []*metav1.APIResourceList, err error) (catalog, error) {
	var c catalog
	var partial *discovery.ErrGroupDiscoveryFailed
	if errors.As(err, &partial) {
		c.failed = partial.Groups
	} else if err != nil {
		return catalog{}, fmt.Errorf("ask the API server which resources it has: %w", err)
	}
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			return catalog{}, fmt.Errorf("read which resources the API server has: %w", err)
		}
		first := len(c.resources)
		for _, r := range list.APIResources {
			c.resources = append(c.resources, newResource(version, r))
		}
		slices.SortFunc(c.resources[first:], func(a, b resource) int { return cmp.Compare(a.Resource, b.Resource) })
	}
	return c, nil
}

func newResource(version schema.GroupVersion, r metav1.APIResource) resource {
	singular := r.SingularName
	if singular == "" {
		singular = strings.ToLower(r.Kind)
	}
	return resource{
		GroupVersionResource: version.WithResource(r.Name),
		kind:                 r.Kind,
		singular:             singular,
		shortNames:           r.ShortNames,
		namespaced:           r.Namespaced,
		verbs:                r.Verbs,
	}
}

// obstacle says why a resource is never backed up; nothing for one that can be.
func (r resource) obstacle() string {
	switch {
	case !r.namespaced:
		return "it is cluster-scoped, and a backup holds what is in namespaces"
	case r.Group == v1alpha1.GroupName:
		// They tell what Seedbed did in one namespace; in another they would be lies, and admission refuses them.
		return "it holds Seedbed's own records"
	case r.Resource == "events" && (r.Group == "" || r.Group == "events.k8s.io"):
		// They are about objects that the target does not have, expire within the hour and never stand still.
		return "events expire and say nothing of another namespace"
	case !slices.Contains(r.verbs, "list"):
		return "it cannot be listed"
	case !slices.Contains(r.verbs, "create"):
		return "it cannot be created, and so not be restored"
	}
	return ""
}

// all gives every resource that can be backed up.
func (c catalog) all() []resource {
	return slices.DeleteFunc(slices.Clone(c.resources), func(r resource) bool { return r.obstacle() != "" })
}

// failures gives the failed groups in order.
func (c catalog) failures() []schema.GroupVersion {
	groups := make([]schema.GroupVersion, 0, len(c.failed))
	for group := range c.failed {
		groups = append(groups, group)
	}
	slices.SortFunc(groups, func(a, b schema.GroupVersion) int { return cmp.Compare(a.String(), b.String()) })
	return groups
}
