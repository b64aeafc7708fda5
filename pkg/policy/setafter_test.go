package policy

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	ownsIt    = `{"f:metadata":{"f:annotations":{".":{},"f:seedbed.dev/baseline":{}}}}`
	ownsOther = `{"f:metadata":{"f:annotations":{".":{},"f:seedbed.dev/other":{}},"f:labels":{"f:seedbed.dev/baseline":{}}}}`
)

func TestAnnotationSetAfter(t *testing.T) {
	configured := time.Date(2026, 11, 22, 12, 0, 0, 700_000_000, time.UTC)
	at := func(seconds int) *metav1.Time {
		return &metav1.Time{Time: configured.Truncate(time.Second).Add(time.Duration(seconds) * time.Second)}
	}
	entry := func(time *metav1.Time, fields string) metav1.ManagedFieldsEntry {
		return metav1.ManagedFieldsEntry{Time: time, FieldsType: "FieldsV1", FieldsV1: metav1.NewFieldsV1(fields)}
	}
	status := entry(at(5), ownsIt)
	status.Subresource = "status"

	for name, test := range map[string]struct {
		created *metav1.Time
		managed []metav1.ManagedFieldsEntry
		want    bool
	}{
		"namespace created after":                     {at(1), nil, true},
		"namespace created in the same second":        {at(0), nil, false},
		"namespace created before, no managed fields": {at(-9), nil, false},
		"set after":                                     {at(-9), []metav1.ManagedFieldsEntry{entry(at(1), ownsIt)}, true},
		"set in the same second":                        {at(-9), []metav1.ManagedFieldsEntry{entry(at(0), ownsIt)}, false},
		"set before":                                    {at(-9), []metav1.ManagedFieldsEntry{entry(at(-1), ownsIt)}, false},
		"set after through a subresource":               {at(-9), []metav1.ManagedFieldsEntry{status}, true},
		"another manager wrote something else after":    {at(-9), []metav1.ManagedFieldsEntry{entry(at(-5), ownsIt), entry(at(5), ownsOther)}, false},
		"another manager agreed after":                  {at(-9), []metav1.ManagedFieldsEntry{entry(at(-5), ownsIt), entry(at(5), ownsIt)}, false},
		"another manager agreed after, listed first":    {at(-9), []metav1.ManagedFieldsEntry{entry(at(5), ownsIt), entry(at(-5), ownsIt)}, false},
		"two managers agreed after":                     {at(-9), []metav1.ManagedFieldsEntry{entry(at(3), ownsIt), entry(at(5), ownsIt)}, true},
		"only something else after":                     {at(-9), []metav1.ManagedFieldsEntry{entry(at(5), ownsOther)}, false},
		"set after, an older manager of something else": {at(-9), []metav1.ManagedFieldsEntry{entry(at(-5), ownsOther), entry(at(5), ownsIt)}, true},
		"an entry without a time":                       {at(-9), []metav1.ManagedFieldsEntry{entry(nil, ownsIt)}, false},
		"an entry that is no JSON":                      {at(-9), []metav1.ManagedFieldsEntry{entry(at(5), `{"f:metadata":`)}, false},
		"an entry of another shape":                     {at(-9), []metav1.ManagedFieldsEntry{entry(at(5), `{"f:metadata":[]}`)}, false},
		"an entry without fields":                       {at(-9), []metav1.ManagedFieldsEntry{{Time: at(5)}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			namespace := &metav1.ObjectMeta{CreationTimestamp: *test.created, ManagedFields: test.managed}
			if got := AnnotationSetAfter(namespace, configured); got != test.want {
				t.Errorf("AnnotationSetAfter = %v, want %v", got, test.want)
			}
		})
	}
}

func TestAnnotationSetAfterNothingKnown(t *testing.T) {
	namespace := &metav1.ObjectMeta{CreationTimestamp: metav1.Now()}
	if AnnotationSetAfter(namespace, time.Time{}) {
		t.Error("an annotation was taken for reviewed though nobody knows since when there are reviews")
	}
}
