package apply

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// Refused returns the API server's error if Seedbed's own permissions do not let it create an object in a namespace. It is a dry
// run. Roles and RoleBindings need more than a verb: RBAC lets no one grant permissions that they do not hold or may not bind.
// Other errors are ignored here.
func (a *Applier) Refused(ctx context.Context, namespace string, object manifest.Object) error {
	mapping, err := a.resolver.Resolve(object.Kind)
	if err != nil {
		return nil //nolint:nilerr // the restore itself reports a kind that cannot be written
	}
	at := place{resource: mapping.Resource, namespace: namespace}
	body := object.Body.Encode(mapping.GroupVersionKind.GroupVersion(), namespace, manifest.Labels{})
	err = retryTransient(ctx, func() error { return a.client.dryRunCreate(ctx, at, body) })
	if apierrors.IsForbidden(err) {
		return err
	}
	return nil
}
