package apply

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// Refused asks the API server, without writing, whether Seedbed's own permissions let it create an
// object in a namespace. For Roles and RoleBindings that is more than a verb: RBAC lets nobody grant
// what they do not hold or may not bind. Any other trouble with the object is not told here.
func (a *Applier) Refused(ctx context.Context, namespace string, object manifest.Object) error {
	mapping, err := a.resolver.Resolve(object.Kind)
	if err != nil {
		return nil //nolint:nilerr // a kind that cannot be written is told by the restore itself
	}
	at := place{resource: mapping.Resource, namespace: namespace}
	body := object.Body.Encode(mapping.GroupVersionKind.GroupVersion(), namespace, manifest.Labels{})
	err = retry(ctx, func() error { return a.client.try(ctx, at, body) })
	if apierrors.IsForbidden(err) {
		return err
	}
	return nil
}
