package diff

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// The words in place of the values of a Secret. The live one of a value that differs has the second, because otherwise the diff would
// not show it. The controller has compared the values; the tool has the live ones alone.
const (
	masked        = "(masked)"
	maskedDiffers = "(masked, differs)"
)

// maskSecret replaces the values of a Secret on both sides, and those of the live annotations that are not the baseline's: tools keep
// copies of the values there. live may be nil.
func maskSecret(live, baseline *unstructured.Unstructured, fields []string) {
	foldText(baseline)
	wanted := maskData(baseline)
	if live == nil {
		return
	}
	foldText(live)
	for field := range live.Object {
		if !slices.Contains(secretFields, field) {
			delete(live.Object, field)
		}
	}
	for key := range maskData(live) {
		if _, isWanted := wanted[key]; isWanted && isAmong(fields, "/data", key) {
			_ = unstructured.SetNestedField(live.Object, maskedDiffers, "data", key) // its parent is an object
		}
	}
	theirs, ours := live.GetAnnotations(), baseline.GetAnnotations()
	for key, value := range theirs {
		want, isWanted := ours[key]
		switch {
		case isWanted && want == value:
		case isWanted && isAmong(fields, "/metadata/annotations", key):
			theirs[key] = maskedDiffers
		default:
			theirs[key] = masked
		}
	}
	if len(theirs) > 0 {
		live.SetAnnotations(theirs)
	}
}

// secretFields are those of a Secret. No other is printed.
var secretFields = []string{"apiVersion", "kind", "metadata", "type", "immutable", "data"}

// foldText moves the keys of stringData to data, where the API server keeps them.
func foldText(secret *unstructured.Unstructured) {
	text, isObject := secret.Object["stringData"].(map[string]any)
	delete(secret.Object, "stringData")
	if !isObject {
		return
	}
	data, _ := secret.Object["data"].(map[string]any)
	if data == nil {
		data = map[string]any{}
	}
	maps.Copy(data, text)
	secret.Object["data"] = data
}

// maskData replaces the values of a Secret, and returns it as it then is.
func maskData(secret *unstructured.Unstructured) map[string]any {
	data, isObject := secret.Object["data"].(map[string]any)
	if !isObject {
		delete(secret.Object, "data")
	}
	for key := range data {
		data[key] = masked
	}
	return data
}

// isAmong reports whether the field of a key below a parent is among those that differ, by itself or with its parent.
func isAmong(fields []string, parent, key string) bool {
	return slices.Contains(fields, parent) || slices.Contains(fields, parent+manifest.Pointer(key))
}
