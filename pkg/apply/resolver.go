package apply

import (
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/restmapper"
)

// refreshInterval bounds how often an unknown kind makes the resolver read discovery again: every namespace and every retry
// resolves it, and a CRD may appear at any time.
const refreshInterval = 2 * time.Second

// Resolver returns the resource at which the cluster serves a kind. It caches discovery, and is safe for concurrent use.
type Resolver struct {
	mu    sync.RWMutex
	known map[schema.GroupVersionKind]*meta.RESTMapping

	// reading is held while discovery is read, which can take long. Lookups of cached kinds do not wait for it.
	reading sync.Mutex
	mapper  *restmapper.DeferredDiscoveryRESTMapper
	// The times at which discovery was last read again for an unknown kind, and for one that proved to be gone. There are two,
	// so that a kind that is never served does not keep the resolver from noticing a change of another.
	missed, forgotten time.Time
}

// NewResolver returns a resolver on a cluster's discovery.
func NewResolver(client discovery.DiscoveryInterface) *Resolver {
	return &Resolver{
		mapper: restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client)), known: map[schema.GroupVersionKind]*meta.RESTMapping{},
	}
}

// Resolve returns the namespaced resource to write a kind to, in its own version if the cluster serves it, and otherwise in the
// preferred one. A cluster-scoped kind is always an error.
func (r *Resolver) Resolve(kind schema.GroupVersionKind) (*meta.RESTMapping, error) {
	mapping, err := r.lookupKind(kind)
	if err != nil {
		return nil, err
	}
	if mapping.Scope.Name() != meta.RESTScopeNameNamespace {
		return nil, fmt.Errorf("%s is cluster-scoped: a restore writes nothing outside its namespace", kind.GroupKind())
	}
	return mapping, nil
}

// Forget drops a kind from the cache, after the API server did not know it.
func (r *Resolver) Forget(kind schema.GroupVersionKind) {
	r.mu.Lock()
	delete(r.known, kind)
	r.mu.Unlock()
	r.reading.Lock()
	defer r.reading.Unlock()
	r.resetIfDue(&r.forgotten)
}

func (r *Resolver) lookupKind(kind schema.GroupVersionKind) (*meta.RESTMapping, error) {
	if mapping := r.cachedMapping(kind); mapping != nil {
		return mapping, nil
	}
	r.reading.Lock()
	defer r.reading.Unlock()
	if mapping := r.cachedMapping(kind); mapping != nil {
		return mapping, nil // another goroutine read it
	}
	mapping, err := r.readDiscovery(kind)
	if meta.IsNoMatchError(err) && r.resetIfDue(&r.missed) {
		mapping, err = r.readDiscovery(kind)
	}
	switch {
	case meta.IsNoMatchError(err):
		return nil, fmt.Errorf("%w: %s", ErrNotServed, kind.GroupKind())
	case err != nil:
		return nil, fmt.Errorf("asking discovery for %s: %w", kind.GroupKind(), err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known[kind] = mapping
	return mapping, nil
}

// cachedMapping returns the cached mapping of a kind, or nil.
func (r *Resolver) cachedMapping(kind schema.GroupVersionKind) *meta.RESTMapping {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.known[kind]
}

func (r *Resolver) readDiscovery(kind schema.GroupVersionKind) (*meta.RESTMapping, error) {
	mapping, err := r.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if meta.IsNoMatchError(err) {
		return r.mapper.RESTMapping(kind.GroupKind())
	}
	return mapping, err
}

// resetIfDue makes the next lookup read discovery again, unless that was done a moment ago for the same reason.
func (r *Resolver) resetIfDue(last *time.Time) bool {
	if time.Since(*last) < refreshInterval {
		return false
	}
	*last = time.Now()
	r.mapper.Reset()
	return true
}
