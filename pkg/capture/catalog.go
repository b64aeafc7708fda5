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

// Discovery returns the resources that the cluster serves. A discovery client implements it; one that caches would
// lag behind CRDs.
type Discovery interface {
	// ServerPreferredResources returns each resource once, in the version that the cluster prefers. With a
	// *discovery.ErrGroupDiscoveryFailed it returns those of the groups that answered.
	ServerPreferredResources() ([]*metav1.APIResourceList, error)
	// ServerGroups returns every group in order, including those that do not answer.
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

// name returns the resource's usual name: "services", "deployments.apps".
func (r resource) name() string { return r.GroupResource().String() }

// path returns the path elements by which the API server serves the resource, in one namespace unless that is empty.
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

// catalog is the result of discovery.
type catalog struct {
	// resources are in discovery's order of groups, the core group first: of two with the same name, kubectl takes the
	// earlier. Within a group they are in alphabetical order.
	resources []resource
	// failed holds the error of each group that did not answer.
	failed map[schema.GroupVersion]error
	// groups are the names of all groups in discovery's order. It is empty if all answered, or if the order is unknown.
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

// newCatalog returns the catalog of discovery's two results. It tolerates only the error of groups that did not
// answer.
func newCatalog(lists []*metav1.APIResourceList, err error) (catalog, error) {
	var c catalog
	if partial, ok := errors.AsType[*discovery.ErrGroupDiscoveryFailed](err); ok {
		c.failed = partial.Groups
	} else if err != nil {
		return catalog{}, fmt.Errorf("reading the resources of the API server: %w", err)
	}
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			return catalog{}, fmt.Errorf("parsing the resources of the API server: %w", err)
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
	return resource{
		GroupVersionResource: version.WithResource(r.Name), kind: r.Kind, singular: cmp.Or(r.SingularName, strings.ToLower(r.Kind)),
		shortNames: r.ShortNames, namespaced: r.Namespaced, verbs: r.Verbs,
	}
}

// exclusionReason returns why a resource is never backed up, or "" if it can be.
func (r resource) exclusionReason() string {
	switch {
	case !r.namespaced:
		return "it is cluster-scoped, and a backup holds objects of namespaces"
	case r.Group == v1alpha1.GroupName:
		// They record Seedbed's work in one namespace. In another they would be wrong, and admission rejects them.
		return "it holds Seedbed's own records"
	case r.Resource == "events" && (r.Group == "" || r.Group == "events.k8s.io"):
		// Events describe objects that the target does not have, expire within the hour and change constantly.
		return "events expire and describe only their own namespace"
	case !slices.Contains(r.verbs, "list"):
		return "it cannot be listed"
	case !slices.Contains(r.verbs, "create"):
		return "it cannot be created, so it cannot be restored"
	}
	return ""
}

// allCapturable returns every resource that can be backed up.
func (c catalog) allCapturable() []resource {
	return slices.DeleteFunc(slices.Clone(c.resources), func(r resource) bool { return r.exclusionReason() != "" })
}

// failedGroups returns the groups that did not answer, sorted.
func (c catalog) failedGroups() []schema.GroupVersion {
	groups := make([]schema.GroupVersion, 0, len(c.failed))
	for group := range c.failed {
		groups = append(groups, group)
	}
	slices.SortFunc(groups, func(a, b schema.GroupVersion) int { return cmp.Compare(a.String(), b.String()) })
	return groups
}
