package records

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/seal"
)

func TestWrittenAtIsTheTimeOfTheLastRestoreOrUpdate(t *testing.T) {
	at := func(second int64) *metav1.Time { return &metav1.Time{Time: time.Unix(second, 0)} }
	entry := func(manager, subresource string, time *metav1.Time) metav1.ManagedFieldsEntry {
		return metav1.ManagedFieldsEntry{Manager: manager, Operation: metav1.ManagedFieldsOperationUpdate, Subresource: subresource, Time: time}
	}
	tests := map[string]struct {
		entries []metav1.ManagedFieldsEntry
		want    time.Time
	}{
		"one entry":           {[]metav1.ManagedFieldsEntry{entry(v1alpha1.FieldManager, "", at(100))}, time.Unix(100, 0)},
		"an audit came later": {[]metav1.ManagedFieldsEntry{entry(v1alpha1.FieldManager, "", at(100)), entry(v1alpha1.AuditFieldManager, "", at(200))}, time.Unix(100, 0)},
		"several entries":     {[]metav1.ManagedFieldsEntry{entry(v1alpha1.FieldManager, "", at(300)), entry(v1alpha1.FieldManager, "", at(100))}, time.Unix(300, 0)},
		"a subresource":       {[]metav1.ManagedFieldsEntry{entry(v1alpha1.FieldManager, "status", at(300))}, time.Time{}},
		"without a time":      {[]metav1.ManagedFieldsEntry{entry(v1alpha1.FieldManager, "", nil)}, time.Time{}},
		"none":                {nil, time.Time{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			record := &v1alpha1.BaselineRecord{ObjectMeta: metav1.ObjectMeta{ManagedFields: test.entries}}
			want, err := seal.DigestResult(record)
			if err != nil {
				t.Fatal(err)
			}
			TrimRecord(record, seal.Good)
			if got := WrittenAt(record); !got.Equal(test.want) || CachedVerdict(record) != seal.Good {
				t.Errorf("written at %s, %s; want %s", got, CachedVerdict(record), test.want)
			}
			if digest, ok := cachedResultDigest(record); !ok || digest != want {
				t.Errorf("digest %x, want %x", digest, want)
			}
		})
	}
	if got := WrittenAt(&v1alpha1.BaselineRecord{Seal: "genuine"}); !got.IsZero() {
		t.Errorf("a whole record was written at %s", got)
	}
}
