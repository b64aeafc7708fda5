package apply

import (
	"context"
	"fmt"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/json"

	"seedbed.dev/seedbed/pkg/apply/merge"
)

var serviceAccount = schema.GroupKind{Kind: "ServiceAccount"}

// applyExisting keeps, updates or merges an object that exists. It returns errAbsent if it does not.
func (w *writing) applyExisting(ctx context.Context, body []byte) error {
	raw, err := w.client.get(ctx, w.at, w.object.Name)
	if apierrors.IsNotFound(err) {
		return errAbsent
	}
	if err != nil {
		return err
	}
	defer w.comparison.acquireFor(ctx, len(raw)+len(body))()
	live, err := w.decodeLive(raw)
	if err != nil {
		return err
	}
	if live.GetDeletionTimestamp() != nil {
		return errBeingDeleted
	}
	desired, err := decodeBody(body)
	if err != nil {
		return err
	}
	switch {
	case w.isOwnCreation(live) && w.target.TrustLabels:
		w.change.Result = Created
		return nil
	case w.object.Kind.GroupKind() == serviceAccount:
		return w.mergeServiceAccount(ctx, live, desired)
	default:
		return w.keepOrUpdate(ctx, live, desired, body)
	}
}

// decodeLive returns an object that exists.
func (w *writing) decodeLive(raw []byte) (*unstructured.Unstructured, error) {
	live := &unstructured.Unstructured{}
	if err := json.Unmarshal(raw, &live.Object); err != nil {
		return nil, fmt.Errorf("reading the API server's answer: %w", err)
	}
	w.change.Found = w.object.Kind.GroupKind() != serviceAccount // "default" is in every namespace
	return live, nil
}

// decodeBody returns the object of a plan.
func decodeBody(body []byte) (*unstructured.Unstructured, error) {
	object := &unstructured.Unstructured{}
	if err := json.Unmarshal(body, &object.Object); err != nil {
		return nil, fmt.Errorf("reading back the plan's object: %w", err)
	}
	return object, nil
}

func (w *writing) keepOrUpdate(ctx context.Context, live, desired *unstructured.Unstructured, body []byte) error {
	written, same, err := w.compareLive(ctx, live, desired)
	if err != nil {
		return err
	}
	owner := w.otherOwner(live)
	switch {
	case same && w.isOwnCreation(live):
		w.change.Result = Created
	case same:
		w.change.Result = Unchanged
	case owner != "":
		w.change.keep(fmt.Sprintf("belongs to the baseline %q", owner))
		w.change.Owner = owner
		w.change.addWarning("the baseline %q brought it first, and its content differs; left alone", owner)
	case !w.target.Update:
		w.change.keep("was already there and differs")
		w.change.addWarning("was already there and differs; left alone")
	default:
		w.explainUpdate(live, written)
		merge.AddLabels(written, w.labels().Values())
		err := w.client.replace(ctx, w.at, w.object.Name, written, w.converted)
		if err != nil {
			err = w.recreateIfImmutable(ctx, live, body, err)
		}
		if err != nil {
			return err
		}
		w.change.Result = Updated
	}
	return nil
}

// isOwnCreation reports whether an earlier attempt of this restore created the object. A crash or a lost answer may have kept
// that from being recorded.
func (w *writing) isOwnCreation(live *unstructured.Unstructured) bool {
	if w.target.Since.IsZero() || live.GetCreationTimestamp().Time.Before(w.target.Since) {
		return false
	}
	labels, marks := live.GetLabels(), w.target.Labels.Values()
	for key, value := range marks {
		if labels[key] != value {
			return false
		}
	}
	return len(marks) > 0
}

// otherOwner returns the other baseline that an object belongs to; empty if there is none. Where the label proves nothing, only
// Owners count, because a tenant could protect its own object from a Required baseline by labelling it as another's.
func (w *writing) otherOwner(live *unstructured.Unstructured) string {
	if w.target.OwnerLabel == "" {
		return ""
	}
	owner := live.GetLabels()[w.target.OwnerLabel]
	if owner == "" || owner == w.target.Labels.Values()[w.target.OwnerLabel] {
		return ""
	}
	if !w.target.TrustOwner && !slices.Contains(w.target.Owners, owner) {
		return ""
	}
	return owner
}

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
	if !w.target.Replace || !w.isRecreatable(refused) {
		return refused
	}
	if !w.isValidAnew(ctx, body) {
		return refused
	}
	uid := live.GetUID()
	if err := w.deleteLive(ctx, metav1.Preconditions{UID: &uid}); err != nil {
		return err
	}
	w.change.addWarning("was already there with fields that cannot be changed; deleted and made anew")
	if w.client.dry {
		return nil
	}
	err := w.create(ctx, body)
	if apierrors.IsAlreadyExists(err) {
		return errBeingDeleted // a finalizer holds it, or another client was faster: worth a retry
	}
	return err
}

// isRecreatable reports whether a new object may replace the one whose update was refused.
func (w *writing) isRecreatable(refused error) bool {
	return apierrors.IsInvalid(refused) && recreatable[w.object.Kind.GroupKind()]
}

// isValidAnew reports whether the desired object can be created in the place of the live one. The API server validates an object
// before it checks whether the name is taken, so AlreadyExists means that the object is valid. Nothing is deleted for an invalid one.
func (w *writing) isValidAnew(ctx context.Context, body []byte) bool {
	return apierrors.IsAlreadyExists(w.client.dryRunCreate(ctx, w.at, body))
}

// deleteLive deletes the object that meets the preconditions.
func (w *writing) deleteLive(ctx context.Context, preconditions metav1.Preconditions) error {
	if w.client.dry { // a dry run deletes nothing, so it cannot create
		return nil
	}
	if err := w.client.deleteObject(ctx, w.at, w.object.Name, preconditions); err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	return nil
}
