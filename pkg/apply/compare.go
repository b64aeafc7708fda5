package apply

import (
	"context"
	"encoding/base64"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// compare makes what would be written over a live object, without Seedbed's labels, and says whether that is what is
// there already. Where it seems not to be, the API server has the last word: it knows the defaults of a newer version and
// what webhooks add to every object, which the backup need not hold.
func (w *writing) compare(ctx context.Context, live, desired *unstructured.Unstructured) (written *unstructured.Unstructured, same bool, err error) {
	known := live.DeepCopy()
	w.target.Normalize(known)
	foldStringData(desired)
	desired.SetLabels(joined(live.GetLabels(), without(desired.GetLabels(), w.target.Labels.Values())))
	desired.SetAnnotations(joined(live.GetAnnotations(), desired.GetAnnotations()))
	known.SetLabels(live.GetLabels())
	known.SetAnnotations(live.GetAnnotations())
	written = overwrite(live, known, desired)
	if equality.Semantic.DeepEqual(written.Object, live.Object) {
		return written, true, nil
	}
	answer, err := w.client.tryReplace(ctx, w.at, w.object.Name, written)
	if err != nil {
		// A refusal is for the write itself to tell, where there will be one.
		return written, false, nonRefusal(err)
	}
	return written, equality.Semantic.DeepEqual(steady(answer), steady(live)), nil
}

// nonRefusal drops an error that says no to the object, and keeps one that another try may not give.
func nonRefusal(err error) error {
	if transient(err) && !apierrors.IsInternalError(err) {
		return err
	}
	return nil
}

// steady is an object without what every write changes.
func steady(object *unstructured.Unstructured) map[string]any {
	object = object.DeepCopy()
	object.SetManagedFields(nil)
	object.SetResourceVersion("")
	object.SetGeneration(0)
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
