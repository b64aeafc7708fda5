package apply

import (
	"context"
	"encoding/base64"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/json"
)

var serviceAccount = schema.GroupKind{Kind: "ServiceAccount"}

// existing deals with an object that is already there.
func (w *writing) existing(ctx context.Context, body []byte) error {
	live, err := w.client.get(ctx, w.at, w.object.Name)
	if apierrors.IsNotFound(err) {
		return errBeingDeleted // it went away in between: the next try creates it
	}
	if err != nil {
		return err
	}
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
		return w.keepOrUpdate(ctx, live, desired)
	}
}

func (w *writing) keepOrUpdate(ctx context.Context, live, desired *unstructured.Unstructured) error {
	same := w.same(live, desired)
	other := w.broughtByAnother(live)
	switch {
	case same && w.madeByThisRestore(live):
		w.change.Result = Created
	case same:
		w.change.Result = Unchanged
	case other != "":
		w.change.Result = Kept
		w.warn("the baseline %q brought it first, and its content differs; left alone", other)
	case !w.target.Update:
		w.change.Result = Kept
		w.warn("was already there and differs; left alone")
	default:
		if err := w.client.replace(ctx, w.at, w.object.Name, overwrite(live, desired)); err != nil {
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
	for key, value := range w.target.Labels {
		if labels[key] != value {
			return false
		}
	}
	return len(w.target.Labels) > 0
}

// broughtByAnother names the baseline that brought an object first. Where labels prove nothing, Brought has to:
// a tenant would keep its own object from a Required baseline by labelling it as another's.
func (w *writing) broughtByAnother(live *unstructured.Unstructured) string {
	if w.target.OwnerLabel == "" {
		return ""
	}
	owner := live.GetLabels()[w.target.OwnerLabel]
	if owner == "" || owner == w.target.Labels[w.target.OwnerLabel] {
		return ""
	}
	if !w.target.TrustLabels && (w.target.Brought == nil || !w.target.Brought(owner, w.object.Key)) {
		return ""
	}
	return owner
}

// same compares what is there with what would be written, both without what is never written and
// without Seedbed's labels.
func (w *writing) same(live, desired *unstructured.Unstructured) bool {
	return equality.Semantic.DeepEqual(w.comparable(live), w.comparable(desired))
}

func (w *writing) comparable(object *unstructured.Unstructured) map[string]any {
	object = object.DeepCopy()
	foldStringData(object)
	w.target.Normalize(object)
	labels := object.GetLabels()
	for key := range w.target.Labels {
		delete(labels, key)
	}
	object.SetLabels(labels)
	delete(object.Object, "apiVersion")
	return object.Object
}

// foldStringData does to a Secret what the API server does when it is written: stringData goes into data,
// encoded.
func foldStringData(object *unstructured.Unstructured) {
	text, found, _ := unstructured.NestedStringMap(object.Object, "stringData")
	if !found || object.GroupVersionKind().GroupKind() != (schema.GroupKind{Kind: "Secret"}) {
		return
	}
	data, _, _ := unstructured.NestedMap(object.Object, "data")
	if data == nil {
		data = map[string]any{}
	}
	for key, value := range text {
		data[key] = base64.StdEncoding.EncodeToString([]byte(value))
	}
	object.Object["data"] = data
	delete(object.Object, "stringData")
}

// overwrite makes the object to put over a live one: the backup's content, with the live object's
// identity, its owners and finalizers (its controllers' business), and its other labels and annotations.
func overwrite(live, desired *unstructured.Unstructured) *unstructured.Unstructured {
	out := desired.DeepCopy()
	out.SetAPIVersion(live.GetAPIVersion())
	out.SetNamespace(live.GetNamespace())
	out.SetResourceVersion(live.GetResourceVersion())
	out.SetUID(live.GetUID())
	out.SetFinalizers(live.GetFinalizers())
	out.SetOwnerReferences(live.GetOwnerReferences())
	out.SetLabels(joined(live.GetLabels(), desired.GetLabels()))
	out.SetAnnotations(joined(live.GetAnnotations(), desired.GetAnnotations()))
	if status, ok := live.Object["status"]; ok {
		out.Object["status"] = status
	}
	return out
}

// joined has the entries of both, the second winning.
func joined(first, second map[string]string) map[string]string {
	if len(first)+len(second) == 0 {
		return nil
	}
	out := make(map[string]string, len(first)+len(second))
	for key, value := range first {
		out[key] = value
	}
	for key, value := range second {
		out[key] = value
	}
	return out
}
