package policy

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// ChosenLater reports whether a namespace existed before it got the annotation or the label that gives it a baseline. Its Pods
// may run already and must not be held. If it asks for a baseline whose selector matches it, both must have come later: an
// annotation that is set afterwards gives it nothing new. An entry of managedFields has the time of its manager's last change
// to any field, so the answer errs towards true: it holds Pods and permits nothing. A cache must keep ChosenLaterFields.
func ChosenLater(namespace metav1.Object, choice Choice, selector *metav1.LabelSelector) bool {
	if created := namespace.GetCreationTimestamp(); created.IsZero() {
		return false
	}
	if choice.Asked && !annotatedLater(namespace) {
		return false
	}
	return !choice.Selected && choice.Asked || labelledLater(namespace, selector)
}

// labelledLater reports whether a label with a key of the selector was set after the namespace's creation.
func labelledLater(namespace metav1.Object, selector *metav1.LabelSelector) bool {
	keys := selectorKeys(selector)
	for _, entry := range namespace.GetManagedFields() {
		if !labelsLater(namespace, &entry) {
			continue
		}
		for key := range ownedFields(&entry).labels {
			if slices.Contains(keys, key) {
				return true
			}
		}
	}
	return false
}

// annotatedLater reports whether every manager that owns the baseline annotation wrote after the namespace's creation: an
// owner from that second shows that the value was there then.
func annotatedLater(namespace metav1.Object) bool {
	created, owned := namespace.GetCreationTimestamp(), false
	for _, entry := range namespace.GetManagedFields() {
		if !ownedFields(&entry).annotation {
			continue
		}
		if entry.Time == nil || entry.Time.Unix() <= created.Unix() {
			return false
		}
		owned = true
	}
	return owned
}

// labelsLater reports whether an entry's labels count as set after the namespace's creation. Labels that Seedbed copied are
// part of populating a namespace.
func labelsLater(namespace metav1.Object, entry *metav1.ManagedFieldsEntry) bool {
	created := namespace.GetCreationTimestamp()
	return entry.Time != nil && entry.Time.Unix() > created.Unix() && entry.Manager != v1alpha1.FieldManager
}

func selectorKeys(selector *metav1.LabelSelector) []string {
	if selector == nil {
		return nil
	}
	var keys []string
	for key := range selector.MatchLabels {
		keys = append(keys, key)
	}
	for _, expression := range selector.MatchExpressions {
		keys = append(keys, expression.Key)
	}
	return keys
}

// fieldOwnership lists the fields of an entry that choose baselines.
type fieldOwnership struct {
	annotation bool
	labels     map[string]bool
}

// ownedFields returns the fields that an entry owns; none if the entry does not parse.
func ownedFields(entry *metav1.ManagedFieldsEntry) fieldOwnership {
	var fields struct {
		Metadata struct {
			Annotations map[string]json.RawMessage `json:"f:annotations"`
			Labels      map[string]json.RawMessage `json:"f:labels"`
		} `json:"f:metadata"`
	}
	if entry.FieldsV1 == nil || json.Unmarshal(entry.FieldsV1.GetRawBytes(), &fields) != nil {
		return fieldOwnership{}
	}
	found := fieldOwnership{labels: make(map[string]bool, len(fields.Metadata.Labels))}
	_, found.annotation = fields.Metadata.Annotations["f:"+v1alpha1.AnnotationBaseline]
	for field := range fields.Metadata.Labels {
		if len(field) > len("f:") && field[:len("f:")] == "f:" {
			found.labels[field[len("f:"):]] = true
		}
	}
	return found
}

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

// encodeFields returns the fields in the form of managedFields.
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
