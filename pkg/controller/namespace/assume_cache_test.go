package namespace

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func newRecord(uid types.UID, version string) *v1alpha1.BaselineRecord {
	return &v1alpha1.BaselineRecord{ObjectMeta: metav1.ObjectMeta{Name: "web", UID: uid, ResourceVersion: version}}
}

func TestAssumeCacheReturnsTheNewest(t *testing.T) {
	key := recordKey{namespace: "ns", baseline: "web"}
	written := newRecord("1", "10")
	for name, test := range map[string]struct {
		cached *v1alpha1.BaselineRecord
		age    time.Duration
		forget func(*assumedRecords)
		// assumed is whether the written object is expected rather than the cached one.
		assumed bool
	}{
		"the informer cache has nothing yet":     {assumed: true},
		"the informer cache is behind":           {cached: newRecord("1", "9"), assumed: true},
		"the informer cache has caught up":       {cached: newRecord("1", "10")},
		"another writer was later":               {cached: newRecord("1", "11")},
		"another object has the name":            {cached: newRecord("2", "9")},
		"versions that cannot be compared":       {cached: newRecord("1", "x")},
		"the object was deleted":                 {forget: func(c *assumedRecords) { c.forgetDeleted(key, newRecord("1", "11")) }},
		"another object was deleted":             {forget: func(c *assumedRecords) { c.forgetDeleted(key, newRecord("0", "8")) }, assumed: true},
		"the key was removed":                    {cached: newRecord("1", "9"), forget: func(c *assumedRecords) { c.forgetKey(key) }},
		"just within the lifetime":               {age: assumedLifetime - 1, assumed: true},
		"at the end of the lifetime":             {age: assumedLifetime},
		"behind, but at the end of the lifetime": {cached: newRecord("1", "9"), age: assumedLifetime},
	} {
		t.Run(name, func(t *testing.T) {
			clock := clocktesting.NewFakePassiveClock(noon)
			cache := newAssumeCache[recordKey, *v1alpha1.BaselineRecord](clock, assumedLifetime)
			cache.addWritten(key, written)
			clock.SetTime(noon.Add(test.age))
			if test.forget != nil {
				test.forget(cache)
			}
			want := test.cached
			if test.assumed {
				want = written
			}
			got := cache.newestOf(key, test.cached)
			if got != want {
				t.Errorf("got %v, want %v", got, want)
			}
			if cache.isAssumed(key, got) != test.assumed {
				t.Errorf("assumed: %v, want %v", !test.assumed, test.assumed)
			}
			if len(cache.objects) > 0 != test.assumed {
				t.Errorf("%d objects stay in the cache, want it to hold only what is newer than the informer cache", len(cache.objects))
			}
		})
	}
}

func TestAssumeCacheWithoutALifetimeNeverExpires(t *testing.T) {
	clock := clocktesting.NewFakePassiveClock(noon)
	cache := newAssumeCache[string, *v1alpha1.BaselineRecord](clock, 0)
	written := newRecord("1", "10")
	cache.addWritten("web", written)
	clock.SetTime(noon.Add(24 * time.Hour))
	if got := cache.newestOf("web", newRecord("1", "9")); got != written {
		t.Errorf("got version %s, want the written one", got.ResourceVersion)
	}
}
