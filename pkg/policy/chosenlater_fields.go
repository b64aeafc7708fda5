package policy

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// ChosenLaterFields returns the part of a namespace's managedFields that ChosenLater reads, for a cache of thousands of
// namespaces: the owners of the baseline annotation, and the labels that were set after the creation. Each label is kept
// once, so the result is no larger than the labels are. A namespace without changes since its creation has next to none.
func ChosenLaterFields(namespace metav1.Object) []metav1.ManagedFieldsEntry {
	var kept []metav1.ManagedFieldsEntry
	seen := map[string]bool{}
	for _, entry := range namespace.GetManagedFields() {
		if !mayChoose(&entry) {
			continue
		}
		found := ownedFields(&entry)
		if !labelsLater(namespace, &entry) {
			found.labels = nil
		}
		maps.DeleteFunc(found.labels, func(key string, _ bool) bool { return seen[key] })
		maps.Copy(seen, found.labels)
		if found.annotation || len(found.labels) > 0 {
			entry.FieldsV1 = metav1.NewFieldsV1(found.encodeFields())
			kept = append(kept, entry)
		}
	}
	return kept
}

// mayChoose reports whether an entry can own labels or the annotation. Most entries need not be decoded.
func mayChoose(entry *metav1.ManagedFieldsEntry) bool {
	if entry.FieldsV1 == nil {
		return false
	}
	raw := entry.FieldsV1.GetRawString()
	return strings.Contains(raw, `"f:labels"`) || strings.Contains(raw, v1alpha1.AnnotationBaseline)
}

// encode returns the fields in the form of managedFields.
func (o fieldOwnership) encodeFields() string {
	metadata := map[string]map[string]struct{}{}
	if o.annotation {
		metadata["f:annotations"] = map[string]struct{}{"f:" + v1alpha1.AnnotationBaseline: {}}
	}
	if len(o.labels) > 0 {
		metadata["f:labels"] = map[string]struct{}{}
	}
	for _, key := range slices.Sorted(maps.Keys(o.labels)) {
		metadata["f:labels"]["f:"+key] = struct{}{}
	}
	// Strings always encode.
	encoded, _ := json.Marshal(map[string]any{"f:metadata": metadata})
	return string(encoded)
}
