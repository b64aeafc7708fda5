package apply

import (
	"context"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// passive are the kinds that hold nothing but what is written into them, and have fields that cannot be changed: type,
// immutable, roleRef, scopes. Nothing runs in them and nothing is stored behind them, so one can stand in for another.
var passive = map[schema.GroupKind]bool{
	{Kind: "ConfigMap"}:                            true,
	{Kind: "Secret"}:                               true,
	{Kind: "ResourceQuota"}:                        true,
	{Group: rbacv1.GroupName, Kind: "RoleBinding"}: true,
}

// replaceWhole deletes an object that cannot be changed into what is desired, and creates that. Without it a tenant who
// comes first would keep a Required baseline out with an immutable object of the same name. It says how the write
// ended, given how the attempt to change the object did.
func (w *writing) replaceWhole(ctx context.Context, live *unstructured.Unstructured, body []byte, refused error) error {
	if !w.target.Replace || !apierrors.IsInvalid(refused) || !passive[w.object.Kind.GroupKind()] {
		return refused
	}
	// The API server validates before it looks whether the name is taken: what it would not create is not deleted for.
	if err := w.client.try(ctx, w.at, body); !apierrors.IsAlreadyExists(err) {
		return refused
	}
	if !w.client.dry { // which could not create what it did not delete
		if err := w.recreate(ctx, live, body); err != nil {
			return err
		}
	}
	w.change.warn("was already there with fields that cannot be changed; deleted and made anew")
	return nil
}

func (w *writing) recreate(ctx context.Context, live *unstructured.Unstructured, body []byte) error {
	if err := w.client.remove(ctx, w.at, w.object.Name, live.GetUID()); err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	uid, err := w.client.create(ctx, w.at, body, w.moved)
	if apierrors.IsAlreadyExists(err) {
		return errBeingDeleted // a finalizer holds it, or somebody was quicker: worth another try
	}
	if err != nil {
		return err
	}
	w.change.created = reference{name: w.object.Name, uid: uid}
	return nil
}
