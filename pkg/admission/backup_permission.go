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

// budget counts the remaining access reviews. It is safe for concurrent use.
type budget struct{ left atomic.Int32 }

func newBudget(reviews int32) *budget {
	b := &budget{}
	b.left.Store(reviews)
	return b
}

// spend takes one review, or returns a denial if none is left.
func (b *budget) spend() error {
	if b.left.Add(-1) < 0 {
		return deny("spec.includedResources and spec.includedNamespaces name so much that more than %d permissions would have to be looked at: "+
			"take several backups, or have somebody take it who may list these resources in all namespaces", maxReviews)
	}
	return nil
}

// missing says, in order, which of the resources the user may not list and where: for each resource the
// first such namespace.
func (h *ValidateBackup) missing(ctx context.Context, user authenticationv1.UserInfo, resources []schema.GroupResource, namespaces []string) ([]string, error) {
	namespaces = slices.Sorted(slices.Values(namespaces))
	found := make([]string, len(resources))
	left := newBudget(maxReviews)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(reviewsAtOnce)
	for i, resource := range resources {
		group.Go(func() error {
			namespace, err := h.firstMissing(ctx, left, user, resource, namespaces)
			if err == nil && namespace != "" {
				found[i] = describe(resource, namespace)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(found))), func(s string) bool { return s == "" }), nil
}

func (h *ValidateBackup) firstMissing(ctx context.Context, left *budget, user authenticationv1.UserInfo, resource schema.GroupResource, namespaces []string) (string, error) {
	if len(namespaces) > 1 {
		// Who may list everywhere may list here and there: one review for many.
		everywhere, err := h.mayList(ctx, left, user, list(resource, ""))
		if err != nil || everywhere {
			return "", err
		}
	}
	for _, namespace := range namespaces {
		allowed, err := h.mayList(ctx, left, user, list(resource, namespace))
		if err != nil {
			return "", err
		}
		if !allowed {
			return namespace, nil
		}
	}
	return "", nil
}

func (h *ValidateBackup) mayList(ctx context.Context, left *budget, user authenticationv1.UserInfo, what authorizationv1.ResourceAttributes) (bool, error) {
	if err := left.spend(); err != nil {
		return false, err
	}
	return h.Reviewer.Review(ctx, user, what)
}

func list(resource schema.GroupResource, namespace string) authorizationv1.ResourceAttributes {
	return authorizationv1.ResourceAttributes{Verb: "list", Group: resource.Group, Resource: resource.Resource, Namespace: namespace}
}

func describe(resource schema.GroupResource, namespace string) string {
	if resource == everything {
		return fmt.Sprintf("everything (resources * in API groups *) in namespace %s", namespace)
	}
	return fmt.Sprintf("%s in namespace %s", resource, namespace)
}
