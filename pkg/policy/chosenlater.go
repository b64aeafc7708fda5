package policy

import (
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ChosenLater reports whether a namespace was there before what makes it get a baseline: its annotation, where it asks,
// or a label that the baseline's selector looks at. Its Pods may run already and are not to be held. As with
// AnnotationSetAfter, an entry's time is that of its manager's last change to any field, so the answer errs towards yes.
func ChosenLater(namespace metav1.Object, asked bool, selector *metav1.LabelSelector) bool {
	created := namespace.GetCreationTimestamp()
	if created.IsZero() {
		return false
	}
	if asked {
		return AnnotationSetAfter(namespace, created.Time)
	}
	keys := selectorKeys(selector)
	for _, entry := range namespace.GetManagedFields() {
		if entry.Time != nil && entry.Time.Unix() > created.Unix() && ownsAnyLabel(&entry, keys) {
			return true
		}
	}
	return false
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

func ownsAnyLabel(entry *metav1.ManagedFieldsEntry, keys []string) bool {
	var fields struct {
		Metadata struct {
			Labels map[string]json.RawMessage `json:"f:labels"`
		} `json:"f:metadata"`
	}
	if err := json.Unmarshal(entry.FieldsV1.GetRawBytes(), &fields); err != nil {
		return false
	}
	for _, key := range keys {
		if _, owns := fields.Metadata.Labels["f:"+key]; owns {
			return true
		}
	}
	return false
}
