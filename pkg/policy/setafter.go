package policy

import (
	"encoding/json"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// AnnotationSetAfter reports whether a namespace's annotation v1alpha1.AnnotationBaseline got its value
// after t: the namespace itself is younger, or every manager that owns the annotation last wrote after
// t. The API server takes ownership from the others when a value changes, and lets managers that agree
// share it: one owner from before t therefore means that the value is from before t. All times have
// whole seconds, and the second of t itself counts as before. A zero t, nothing known, is after all.
//
// Without managedFields the answer is no, so a cache must not drop them from namespaces. What this
// cannot tell: an entry's time is that of its manager's last change to any field, so an old annotation
// seems new once the manager that set it writes something else to the namespace; and whoever may
// update a namespace may write its managedFields. Authorized remembers what was refused before that.
func AnnotationSetAfter(namespace metav1.Object, t time.Time) bool {
	if t.IsZero() {
		return false
	}
	if created := namespace.GetCreationTimestamp(); created.Unix() > t.Unix() {
		return true
	}
	owned := false
	for _, entry := range namespace.GetManagedFields() {
		if !ownsAnnotation(&entry) {
			continue
		}
		if entry.Time == nil || entry.Time.Unix() <= t.Unix() {
			return false
		}
		owned = true
	}
	return owned
}

func ownsAnnotation(entry *metav1.ManagedFieldsEntry) bool {
	var fields struct {
		Metadata struct {
			Annotations map[string]json.RawMessage `json:"f:annotations"`
		} `json:"f:metadata"`
	}
	if err := json.Unmarshal(entry.FieldsV1.GetRawBytes(), &fields); err != nil {
		return false
	}
	_, owns := fields.Metadata.Annotations["f:"+v1alpha1.AnnotationBaseline]
	return owns
}
