package merge

import (
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

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
