package namespace

import (
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"k8s.io/utils/clock"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// assumedLifetime bounds how long a written record is believed without being seen in the informer cache, which is behind by
// milliseconds, or for as long as a watch is cut. Afterwards the API server is asked.
const assumedLifetime = 2 * time.Minute

// assumable is a pointer to an API object.
type assumable interface {
	comparable
	metav1.Object
}

// assumeCache has the objects that this process has just written, until the informer cache shows them. Without it a reconcile
// that follows a write does not see it: a restore would be attempted twice, and a condition written twice. An object that the
// informer cache shows is removed, so that the assume cache stays small.
type assumeCache[K comparable, T assumable] struct {
	clock clock.PassiveClock
	// lifetime bounds how long an object is assumed; zero is no bound.
	lifetime time.Duration

	mu      sync.Mutex
	objects map[K]assumedObject[T]
}

type assumedObject[T assumable] struct {
	object  T
	written time.Time
}

// recordKey identifies a record in an assume cache.
type recordKey struct {
	namespace types.UID
	baseline  string
}

// Records are assumed by namespace and baseline, namespaces by name.
type (
	assumedRecords    = assumeCache[recordKey, *v1alpha1.BaselineRecord]
	assumedNamespaces = assumeCache[string, *corev1.Namespace]
)

func newAssumeCache[K comparable, T assumable](passive clock.PassiveClock, lifetime time.Duration) *assumeCache[K, T] {
	return &assumeCache[K, T]{clock: passive, lifetime: lifetime, objects: map[K]assumedObject[T]{}}
}

// addWritten adds an object as the API server returned it after the write.
func (c *assumeCache[K, T]) addWritten(key K, object T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.objects[key] = assumedObject[T]{object, c.clock.Now()}
}

// forgetKey removes the object of a key.
func (c *assumeCache[K, T]) forgetKey(key K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.objects, key)
}

// forgetDeleted removes an object that was deleted. Another one of its key stays.
func (c *assumeCache[K, T]) forgetDeleted(key K, object T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, ok := c.objects[key]; ok && known.object.GetUID() == object.GetUID() {
		delete(c.objects, key)
	}
}

// newestOf returns the assumed object of a key while the informer cache is behind it, and the cached one otherwise. The cached
// one may be nil.
func (c *assumeCache[K, T]) newestOf(key K, cached T) T {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.objects[key]
	if !ok {
		return cached
	}
	expired := c.lifetime > 0 && c.clock.Since(known.written) >= c.lifetime
	if !expired && isBehind(cached, known.object) {
		return known.object
	}
	delete(c.objects, key)
	return cached
}

// isAssumed reports whether newestOf returned an object that the informer cache does not show.
func (c *assumeCache[K, T]) isAssumed(key K, object T) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.objects[key]
	return ok && known.object == object
}

// isBehind reports whether a cached object is nil or an older version of the written one. Another object of that name is no
// version of it.
func isBehind[T assumable](cached, written T) bool {
	var none T
	if cached == none {
		return true
	}
	order, err := resourceversion.CompareResourceVersion(cached.GetResourceVersion(), written.GetResourceVersion())
	return cached.GetUID() == written.GetUID() && err == nil && order < 0
}
