package resource

import (
	"context"
	"fmt"

	authorizationv1 "k8s.io/api/authorization/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/cli/output"
)

// IsAllowed reports whether the API server allows the user an access.
func IsAllowed(ctx context.Context, c client.Client, asked authorizationv1.ResourceAttributes) (bool, error) {
	review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &asked}}
	if err := c.Create(ctx, review); err != nil {
		return false, output.Explain("ask what you are allowed to do", err)
	}
	return review.Status.Allowed, nil
}

// CheckAllowed returns an error unless the API server allows the user an access.
func CheckAllowed(ctx context.Context, c client.Client, asked authorizationv1.ResourceAttributes) error {
	allowed, err := IsAllowed(ctx, c, asked)
	if err != nil || allowed {
		return err
	}
	on := asked.Resource + "." + asked.Group
	if asked.Name != "" {
		on += "/" + asked.Name
	}
	if asked.Namespace != "" {
		on += fmt.Sprintf(" in namespace %q", asked.Namespace)
	}
	return fmt.Errorf("you may not %s %s: ask whoever administers the cluster for that permission", asked.Verb, on)
}
