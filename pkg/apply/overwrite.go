package apply

import (
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// overwrite makes the object to put over a live one. What of it is known to the rules becomes what is desired; the rest
// (identity, owners, finalizers, status, allocated addresses, generated selectors, a claim's volume) is its
// controllers' business and stays, where the desired object does not replace the list that it is in.
func overwrite(live, known, desired *unstructured.Unstructured) *unstructured.Unstructured {
	out := live.DeepCopy()
	graft(out.Object, known.Object, desired.Object)
	return out
}

// graft changes what has to become like desired. Null is as good as absent.
func graft(into, known, desired map[string]any) {
	for key, want := range desired {
		have := known[key]
		if equality.Semantic.DeepEqual(have, want) {
			continue
		}
		haveObject, isObject := have.(map[string]any)
		wantObject, wantsObject := want.(map[string]any)
		intoObject, canGraft := into[key].(map[string]any)
		if isObject && wantsObject && canGraft {
			graft(intoObject, haveObject, wantObject)
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
