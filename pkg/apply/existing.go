package apply

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/json"
)

var serviceAccount = schema.GroupKind{Kind: "ServiceAccount"}

// existing deals with an object that is already there, or says errAbsent.
func (w *writing) existing(ctx context.Context, body []byte) error {
	raw, err := w.client.get(ctx, w.at, w.object.Name)
	if apierrors.IsNotFound(err) {
		return errAbsent
	}
	if err != nil {
		return err
	}
	defer w.large.take(ctx, len(raw)+len(body))()
	live := &unstructured.Unstructured{}
	if err := json.Unmarshal(raw, &live.Object); err != nil {
		return fmt.Errorf("reading the API server's answer: %w", err)
	}
	w.change.Found = w.object.Kind.GroupKind() != serviceAccount // "default" is in every namespace
	if live.GetDeletionTimestamp() != nil {
		return errBeingDeleted
	}
	desired := &unstructured.Unstructured{}
	if err := json.Unmarshal(body, &desired.Object); err != nil {
		return fmt.Errorf("reading back the plan's object: %w", err)
	}
	switch {
	case w.madeByThisRestore(live) && w.target.TrustLabels:
		w.change.Result = Created
		return nil
	case w.object.Kind.GroupKind() == serviceAccount:
		return w.merge(ctx, live, desired)
	default:
		return w.keepOrUpdate(ctx, live, desired, body)
	}
}

func (w *writing) keepOrUpdate(ctx context.Context, live, desired *unstructured.Unstructured, body []byte) error {
	written, same, err := w.compare(ctx, live, desired)
	if err != nil {
		return err
	}
	other := w.broughtByAnother(live)
	switch {
	case same && w.madeByThisRestore(live):
		w.change.Result = Created
	case same:
		w.change.Result = Unchanged
	case other != "":
		w.change.Result = Kept
		w.change.warn("the baseline %q brought it first, and its content differs; left alone", other)
	case !w.target.Update:
		w.change.Result = Kept
		w.change.warn("was already there and differs; left alone")
	default:
		written.SetLabels(joined(written.GetLabels(), w.target.Labels.Values()))
		err := w.client.replace(ctx, w.at, w.object.Name, written, w.moved)
		if err != nil {
			err = w.replaceWhole(ctx, live, body, err)
		}
		if err != nil {
			return err
		}
		w.change.Result = Updated
	}
	return nil
}

// madeByThisRestore says whether an earlier attempt of this restore made the object: a crash or a lost
// answer can have kept that from us.
func (w *writing) madeByThisRestore(live *unstructured.Unstructured) bool {
	if w.target.Since.IsZero() || live.GetCreationTimestamp().Time.Before(w.target.Since) {
		return false
	}
	labels := live.GetLabels()
	for key, value := range w.target.Labels.Values() {
		if labels[key] != value {
			return false
		}
	}
	return len(w.target.Labels.Values()) > 0
}

// broughtByAnother names the baseline that brought an object first. Where labels prove nothing, Brought has to:
// a tenant would keep its own object from a Required baseline by labelling it as another's.
func (w *writing) broughtByAnother(live *unstructured.Unstructured) string {
	if w.target.OwnerLabel == "" {
		return ""
	}
	owner := live.GetLabels()[w.target.OwnerLabel]
	if owner == "" || owner == w.target.Labels.Values()[w.target.OwnerLabel] {
		return ""
	}
	if !w.target.TrustOwner && (w.target.Brought == nil || !w.target.Brought(owner, w.object.Key)) {
		return ""
	}
	return owner
}
