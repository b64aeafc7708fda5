package admission

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

const (
	// reviewsAtOnce is an upper bound of access reviews in flight for one request.
	reviewsAtOnce = 8
	// maxReviews is an upper bound of access reviews per request, because any client of the port can forge one.
	maxReviews = 64
)

// errTooManyReviews reports that a backup needs more than maxReviews access reviews.
var errTooManyReviews = fmt.Errorf("spec.includedResources and spec.includedNamespaces name so much that more than %d permissions would have to be looked at: "+
	"take several backups, or have a user take it who may list these resources in all namespaces", maxReviews)

// Reviewer reviews a user's access.
type Reviewer interface {
	// Review reports whether a user with these groups, uid and extra may make the request of the attributes. An error means
	// that it is not known: treat it as a no.
	Review(ctx context.Context, user authenticationv1.UserInfo, attributes authorizationv1.ResourceAttributes) (allowed bool, err error)
}

// missingPermissions returns, sorted, the resources that the user may not list, each with the first such namespace.
func (v *BackupValidator) missingPermissions(ctx context.Context, user authenticationv1.UserInfo, resources []schema.GroupResource, namespaces []string) ([]string, error) {
	namespaces = slices.Sorted(slices.Values(namespaces))
	found := make([]string, len(resources))
	var reviews atomic.Int32
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(reviewsAtOnce)
	for i, resource := range resources {
		group.Go(func() error {
			namespace, err := v.firstForbidden(ctx, &reviews, user, resource, namespaces)
			if err == nil && namespace != "" {
				found[i] = formatResource(resource, namespace)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(found))), func(s string) bool { return s == "" }), nil
}

// firstForbidden returns the first namespace in which the user may not list the resource; empty if there is none.
func (v *BackupValidator) firstForbidden(ctx context.Context, reviews *atomic.Int32, user authenticationv1.UserInfo, resource schema.GroupResource, namespaces []string) (string, error) {
	if len(namespaces) > 1 {
		// A user who may list in all namespaces may list in each: one review for many.
		everywhere, err := v.mayList(ctx, reviews, user, listAttributes(resource, ""))
		if err != nil || everywhere {
			return "", err
		}
	}
	for _, namespace := range namespaces {
		allowed, err := v.mayList(ctx, reviews, user, listAttributes(resource, namespace))
		if err != nil {
			return "", err
		}
		if !allowed {
			return namespace, nil
		}
	}
	return "", nil
}

// mayList reviews one access. reviews counts those of the request.
func (v *BackupValidator) mayList(ctx context.Context, reviews *atomic.Int32, user authenticationv1.UserInfo, attributes authorizationv1.ResourceAttributes) (bool, error) {
	if reviews.Add(1) > maxReviews {
		return false, errTooManyReviews
	}
	return v.Reviewer.Review(ctx, user, attributes)
}

func listAttributes(resource schema.GroupResource, namespace string) authorizationv1.ResourceAttributes {
	return authorizationv1.ResourceAttributes{Verb: "list", Group: resource.Group, Resource: resource.Resource, Namespace: namespace}
}

func formatResource(resource schema.GroupResource, namespace string) string {
	if resource == everything {
		return fmt.Sprintf("everything (resources * in API groups *) in namespace %s", namespace)
	}
	return fmt.Sprintf("%s in namespace %s", resource, namespace)
}
