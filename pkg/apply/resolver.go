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

// refreshEvery bounds how often an unknown kind makes the resolver read discovery again: every
// namespace and every retry asks for it, and a CRD may appear at any time.
const refreshEvery = 2 * time.Second

// Resolver says where the cluster serves a kind. It keeps what discovery told and is safe for
// concurrent use.
type Resolver struct {
	mu    sync.RWMutex
	known map[schema.GroupVersionKind]*meta.RESTMapping

	// asking is held while discovery is read, which can take long: what is known does not wait for it.
	asking sync.Mutex
	mapper *restmapper.DeferredDiscoveryRESTMapper
	// When discovery was last read again for an unknown kind, and for one that proved to be gone. They are apart, so
	// that a kind that nobody serves does not keep the resolver from noticing that another changed.
	missed, forgotten time.Time
}

// NewResolver makes a resolver on a cluster's discovery.
func NewResolver(client discovery.DiscoveryInterface) *Resolver {
	return &Resolver{
		mapper: restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client)),
		known:  map[schema.GroupVersionKind]*meta.RESTMapping{},
	}
}

// Resolve finds the namespaced resource to write a kind to: at its own version where the cluster serves
// that, at the preferred served one otherwise. A kind that is cluster-scoped is an error, always.
func (r *Resolver) Resolve(kind schema.GroupVersionKind) (*meta.RESTMapping, error) {
	mapping, err := r.lookup(kind)
	if err != nil {
		return nil, err
	}
	if mapping.Scope.Name() != meta.RESTScopeNameNamespace {
		return nil, fmt.Errorf("%s is cluster-scoped: a restore writes nothing outside its namespace", kind.GroupKind())
	}
	return mapping, nil
}

// Forget drops what is known of a kind after the API server did not know it.
func (r *Resolver) Forget(kind schema.GroupVersionKind) {
	r.mu.Lock()
	delete(r.known, kind)
	r.mu.Unlock()
	r.asking.Lock()
	defer r.asking.Unlock()
	r.resetIfDue(&r.forgotten)
}

func (r *Resolver) lookup(kind schema.GroupVersionKind) (*meta.RESTMapping, error) {
	if mapping := r.recall(kind); mapping != nil {
		return mapping, nil
	}
	r.asking.Lock()
	defer r.asking.Unlock()
	if mapping := r.recall(kind); mapping != nil {
		return mapping, nil // somebody else asked
	}
	mapping, err := r.ask(kind)
	if meta.IsNoMatchError(err) && r.resetIfDue(&r.missed) {
		mapping, err = r.ask(kind)
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

// recall is what is known of a kind; nil when nothing is.
func (r *Resolver) recall(kind schema.GroupVersionKind) *meta.RESTMapping {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.known[kind]
}

func (r *Resolver) ask(kind schema.GroupVersionKind) (*meta.RESTMapping, error) {
	mapping, err := r.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if meta.IsNoMatchError(err) {
		return r.mapper.RESTMapping(kind.GroupKind())
	}
	return mapping, err
}

// resetIfDue makes the next question read discovery again, unless that was done a moment ago for the same reason.
func (r *Resolver) resetIfDue(last *time.Time) bool {
	if time.Since(*last) < refreshEvery {
		return false
	}
	*last = time.Now()
	r.mapper.Reset()
	return true
}
