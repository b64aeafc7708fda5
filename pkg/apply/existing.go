package apply

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
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
	case w.isOwnCreation(live) && w.target.TrustLabels:
		w.change.Result = Created
		return nil
	case w.object.Kind.GroupKind() == serviceAccount:
		return w.mergeServiceAccount(ctx, live, desired)
	default:
		return w.keepOrUpdate(ctx, live, desired, body)
	}
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
		w.change.Result, w.change.Owner = Kept, owner
		w.change.addWarning("the baseline %q brought it first, and its content differs; left alone", owner)
	case !w.target.Update:
		w.change.Result = Kept
		w.change.addWarning("was already there and differs; left alone")
	default:
		merge.AddLabels(written, w.target.Labels.Values())
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
