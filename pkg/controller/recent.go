package controller

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// rememberFor bounds how long a finished record is believed without being seen in the cache, which is
// behind by milliseconds. Afterwards the API server is asked.
const rememberFor = 30 * time.Second

// recent remembers the records that this process has just written, until the cache shows them: without
// it every write would be followed by a second attempt that finds nothing to do.
type recent struct {
	mu      sync.Mutex
	records map[recentKey]remembered
}

type recentKey struct {
	namespace types.UID
	baseline  string
}

type remembered struct {
	record *v1alpha1.BaselineRestore
	until  time.Time
}

func newRecent() *recent { return &recent{records: map[recentKey]remembered{}} }

func (r *recent) remember(namespace types.UID, record *v1alpha1.BaselineRestore) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.records[recentKey{namespace, record.Name}] = remembered{record, time.Now().Add(rememberFor)}
}

// forget drops a record that was deleted: its restore is asked for again.
func (r *recent) forget(record *v1alpha1.BaselineRestore) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := recentKey{record.Spec.NamespaceUID, record.Name}
	if known, ok := r.records[key]; ok && known.record.UID == record.UID {
		delete(r.records, key)
	}
}

// newest is what is known of a namespace's record: the cached one, or the remembered one while the cache
// is behind it. Either may be nil.
func (r *recent) newest(namespace types.UID, baseline string, cached *v1alpha1.BaselineRestore) *v1alpha1.BaselineRestore {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := recentKey{namespace, baseline}
	known, ok := r.records[key]
	if !ok {
		return cached
	}
	behind := cached == nil || (cached.UID == known.record.UID && cached.Status.Attempts < known.record.Status.Attempts)
	if behind && time.Now().Before(known.until) {
		return known.record
	}
	delete(r.records, key)
	return cached
}
