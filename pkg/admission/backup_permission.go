package admission

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// reviewsAtOnce bounds the access reviews in flight for one backup, which may need thousands: those it
// cannot make in time deny it.
const reviewsAtOnce = 8

// missing says, in order, which of the resources the user may not list and where: for each resource the
// first such namespace.
func (h *ValidateBackup) missing(ctx context.Context, user authenticationv1.UserInfo, resources []schema.GroupResource, namespaces []string) ([]string, error) {
	namespaces = slices.Sorted(slices.Values(namespaces))
	found := make([]string, len(resources))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(reviewsAtOnce)
	for i, resource := range resources {
		group.Go(func() error {
			namespace, err := h.firstMissing(ctx, user, resource, namespaces)
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

func (h *ValidateBackup) firstMissing(ctx context.Context, user authenticationv1.UserInfo, resource schema.GroupResource, namespaces []string) (string, error) {
	if len(namespaces) > 1 {
		// Who may list everywhere may list here and there: one review for many.
		everywhere, err := h.Reviewer.Review(ctx, user, list(resource, ""))
		if err != nil || everywhere {
			return "", err
		}
	}
	for _, namespace := range namespaces {
		allowed, err := h.Reviewer.Review(ctx, user, list(resource, namespace))
		if err != nil {
			return "", err
		}
		if !allowed {
			return namespace, nil
		}
	}
	return "", nil
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
