package apply

import (
	"context"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// recreatable are the kinds that hold only the data written into them, and have immutable fields: type, immutable, roleRef,
// scopes. Nothing runs in them and nothing is stored behind them, so a new object can replace the old one.
var recreatable = map[schema.GroupKind]bool{
	{Kind: "ConfigMap"}:                            true,
	{Kind: "Secret"}:                               true,
	{Kind: "ResourceQuota"}:                        true,
	{Group: rbacv1.GroupName, Kind: "RoleBinding"}: true,
}

// recreateIfImmutable deletes an object that cannot be changed into the desired one, and creates that one. Otherwise a tenant
// who comes first could keep a Required baseline out with an immutable object of the same name. refused is the error of the
// update; it is returned if the object is not recreated.
func (w *writing) recreateIfImmutable(ctx context.Context, live *unstructured.Unstructured, body []byte, refused error) error {
	if !w.target.Replace || !apierrors.IsInvalid(refused) || !recreatable[w.object.Kind.GroupKind()] {
		return refused
	}
	// The API server validates an object before it checks whether the name is taken, so AlreadyExists means that the object is
	// valid. Nothing is deleted for an invalid one.
	if err := w.client.dryRunCreate(ctx, w.at, body); !apierrors.IsAlreadyExists(err) {
		return refused
	}
	if !w.client.dry { // a dry run deletes nothing, so it cannot create
		if err := w.recreateObject(ctx, live, body); err != nil {
			return err
		}
	}
	w.change.addWarning("was already there with fields that cannot be changed; deleted and made anew")
	return nil
}

func (w *writing) recreateObject(ctx context.Context, live *unstructured.Unstructured, body []byte) error {
	if err := w.client.deleteByUID(ctx, w.at, w.object.Name, live.GetUID()); err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	uid, err := w.client.create(ctx, w.at, body, w.converted)
	if apierrors.IsAlreadyExists(err) {
		return errBeingDeleted // a finalizer holds it, or another client was faster: worth a retry
	}
	if err != nil {
		return err
	}
	w.change.created = reference{name: w.object.Name, uid: uid}
	return nil
}
