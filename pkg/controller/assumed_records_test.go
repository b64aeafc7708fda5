package controller

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func newRecord(uid types.UID, attempts int32) *v1alpha1.BaselineRecord {
	return &v1alpha1.BaselineRecord{
		ObjectMeta: metav1.ObjectMeta{
			Name: "web", UID: uid, OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Namespace", Name: "bar", UID: "ns"}},
		},
		Result: v1alpha1.RestoreResult{Attempts: attempts},
	}
}

func TestAssumedRecordsUntilTheCacheShowsThem(t *testing.T) {
	written := newRecord("1", 1)
	tests := map[string]struct {
		cached *v1alpha1.BaselineRecord
		before func(*assumedRecords)
		want   *v1alpha1.BaselineRecord
	}{
		"the cache has nothing yet":        {nil, nil, written},
		"the cache has the attempt before": {newRecord("1", 0), nil, written},
		"the cache has caught up":          {newRecord("1", 1), nil, newRecord("1", 1)},
		"the cache has another record":     {newRecord("2", 0), nil, newRecord("2", 0)},
		"the record was deleted":           {nil, func(r *assumedRecords) { r.forget(written) }, nil},
		"another record was deleted":       {nil, func(r *assumedRecords) { r.forget(newRecord("0", 1)) }, written},
		"it was written too long ago":      {nil, func(r *assumedRecords) { r.expire() }, nil},
		"nothing of that kind was written": {newRecord("1", 0), func(r *assumedRecords) { r.records = map[assumedKey]assumedRecord{} }, newRecord("1", 0)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := newAssumedRecords()
			r.add("ns", written)
			if test.before != nil {
				test.before(r)
			}
			got := r.newest("ns", "web", test.cached)
			switch {
			case (got == nil) != (test.want == nil):
				t.Errorf("got %v, want %v", got, test.want)
			case got != nil && (got.UID != test.want.UID || got.Result.Attempts != test.want.Result.Attempts):
				t.Errorf("got %s after %d attempts, want %s after %d", got.UID, got.Result.Attempts, test.want.UID, test.want.Result.Attempts)
			}
		})
	}
}

// expire makes everything that is remembered old.
func (a *assumedRecords) expire() {
	for key, known := range a.records {
		known.until = time.Now().Add(-time.Second)
		a.records[key] = known
	}
}

func TestAssumedRecordsAreForgottenOnceCached(t *testing.T) {
	r := newAssumedRecords()
	r.add("ns", newRecord("1", 1))
	r.newest("ns", "web", newRecord("1", 1))
	if len(r.records) != 0 {
		t.Errorf("%d records are kept after the cache caught up", len(r.records))
	}
}
