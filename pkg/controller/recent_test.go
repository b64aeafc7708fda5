package controller

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func recorded(uid types.UID, attempts int32) *v1alpha1.BaselineRestore {
	return &v1alpha1.BaselineRestore{
		ObjectMeta: metav1.ObjectMeta{Name: "web", UID: uid},
		Spec:       v1alpha1.BaselineRestoreSpec{NamespaceUID: "ns"}, Status: v1alpha1.BaselineRestoreStatus{Attempts: attempts},
	}
}

func TestRecentBelievesWhatWasWrittenUntilTheCacheShowsIt(t *testing.T) {
	written := recorded("1", 1)
	tests := map[string]struct {
		cached *v1alpha1.BaselineRestore
		before func(*recent)
		want   *v1alpha1.BaselineRestore
	}{
		"the cache has nothing yet":        {nil, nil, written},
		"the cache has it without status":  {recorded("1", 0), nil, written},
		"the cache has caught up":          {recorded("1", 1), nil, recorded("1", 1)},
		"the cache has another record":     {recorded("2", 0), nil, recorded("2", 0)},
		"the record was deleted":           {nil, func(r *recent) { r.forget(written) }, nil},
		"another record was deleted":       {nil, func(r *recent) { r.forget(recorded("0", 1)) }, written},
		"it was written too long ago":      {nil, func(r *recent) { r.expire() }, nil},
		"nothing of that kind was written": {recorded("1", 0), func(r *recent) { r.records = map[recentKey]remembered{} }, recorded("1", 0)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRecent()
			r.remember("ns", written)
			if test.before != nil {
				test.before(r)
			}
			got := r.newest("ns", "web", test.cached)
			switch {
			case (got == nil) != (test.want == nil):
				t.Errorf("got %v, want %v", got, test.want)
			case got != nil && (got.UID != test.want.UID || got.Status.Attempts != test.want.Status.Attempts):
				t.Errorf("got %s after %d attempts, want %s after %d", got.UID, got.Status.Attempts, test.want.UID, test.want.Status.Attempts)
			}
		})
	}
}

// expire makes everything that is remembered old.
func (r *recent) expire() {
	for key, known := range r.records {
		known.until = time.Now().Add(-time.Second)
		r.records[key] = known
	}
}

func TestRecentForgetsWhatTheCacheShows(t *testing.T) {
	r := newRecent()
	r.remember("ns", recorded("1", 1))
	r.newest("ns", "web", recorded("1", 1))
	if len(r.records) != 0 {
		t.Errorf("%d records are kept after the cache caught up", len(r.records))
	}
}
