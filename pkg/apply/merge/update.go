package merge

import (
	"encoding/base64"
	"maps"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Update returns the object to write over a live one: the desired one, with the labels and annotations of both, and with the live
// object's fields that the rules do not know. marks are the labels of the restore: they alone are no reason to write, so the
// result lacks them. normalized is a copy of live without the fields that the rules never write. Update changes normalized and
// desired.
func Update(live, normalized, desired *unstructured.Unstructured, marks map[string]string) *unstructured.Unstructured {
	foldStringData(desired)
	desired.SetLabels(union(live.GetLabels(), difference(desired.GetLabels(), marks)))
	desired.SetAnnotations(union(live.GetAnnotations(), desired.GetAnnotations()))
	normalized.SetLabels(live.GetLabels())
	normalized.SetAnnotations(live.GetAnnotations())
	return overwrite(live, normalized, desired)
}

// overwrite returns live with its normalized fields replaced by the desired ones. All other fields (identity, owners, finalizers,
// status, allocated addresses, generated selectors, a claim's volume) belong to controllers. They stay, unless the desired object
// replaces the list that holds them.
func overwrite(live, normalized, desired *unstructured.Unstructured) *unstructured.Unstructured {
	out := live.DeepCopy()
	overlay(out.Object, normalized.Object, desired.Object)
	return out
}

// overlay changes the fields of into that differ between known and desired. A null counts as absent.
func overlay(into, known, desired map[string]any) {
	for key, want := range desired {
		have := known[key]
		if equality.Semantic.DeepEqual(have, want) {
			continue
		}
		haveObject, isObject := have.(map[string]any)
		wantObject, wantsObject := want.(map[string]any)
		intoObject, canOverlay := into[key].(map[string]any)
		if isObject && wantsObject && canOverlay {
			overlay(intoObject, haveObject, wantObject)
			continue
		}
		into[key] = runtime.DeepCopyJSONValue(want)
	}
	for key, have := range known {
		if desired[key] == nil && have != nil {
			delete(into, key)
		}
	}
}

// foldStringData encodes a Secret's stringData into data, as the API server does on every write.
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

// Equal reports whether two objects have the same fields.
func Equal(first, second *unstructured.Unstructured) bool {
	return equality.Semantic.DeepEqual(first.Object, second.Object)
}

// EqualAfterWrite reports whether two objects have the same fields, except for those that every write changes.
func EqualAfterWrite(first, second *unstructured.Unstructured) bool {
	return Equal(withoutServerFields(first), withoutServerFields(second))
}

// withoutServerFields returns a copy of an object without the fields that the API server changes with every write.
func withoutServerFields(object *unstructured.Unstructured) *unstructured.Unstructured {
	object = object.DeepCopy()
	object.SetManagedFields(nil)
	object.SetResourceVersion("")
	object.SetGeneration(0)
	return object
}

// AddLabels sets labels on an object beside its own.
func AddLabels(object *unstructured.Unstructured, labels map[string]string) {
	object.SetLabels(union(object.GetLabels(), labels))
}

// union returns the entries of both maps; the second wins. It returns nil if both are empty.
func union(first, second map[string]string) map[string]string {
	if len(first)+len(second) == 0 {
		return nil
	}
	out := make(map[string]string, len(first)+len(second))
	maps.Copy(out, first)
	maps.Copy(out, second)
	return out
}

// difference returns the entries of the first map whose keys the second lacks.
func difference(first, second map[string]string) map[string]string {
	out := maps.Clone(first)
	maps.DeleteFunc(out, func(key, _ string) bool { _, found := second[key]; return found })
	return out
}
