package controller

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// assumedLifetime bounds how long a written record is believed without being seen in the cache, which is behind by
// milliseconds, or for as long as a watch is cut. Afterwards the API server is asked.
const assumedLifetime = 2 * time.Minute

// assumedRecords remembers the records that this process has just written, until the cache shows them: without
// it every write would be followed by a second attempt that finds nothing to do.
type assumedRecords struct {
	mu      sync.Mutex
	records map[assumedKey]assumedRecord
}

type assumedKey struct {
	namespace types.UID
	baseline  string
}

type assumedRecord struct {
	record *v1alpha1.BaselineRecord
	until  time.Time
}

func newAssumedRecords() *assumedRecords {
	return &assumedRecords{records: map[assumedKey]assumedRecord{}}
}

// add remembers a record as the API server gave it back after the write.
func (a *assumedRecords) add(namespace types.UID, record *v1alpha1.BaselineRecord) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.records[assumedKey{namespace, record.Name}] = assumedRecord{record, time.Now().Add(assumedLifetime)}
}

// forget drops a record that was deleted: its restore is asked for again.
func (a *assumedRecords) forget(record *v1alpha1.BaselineRecord) {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := assumedKey{record.NamespaceUID(), record.Name}
	if known, ok := a.records[key]; ok && known.record.UID == record.UID {
		delete(a.records, key)
	}
}

// newest returns what is known of a namespace's record: the cached one, or the assumed one while the cache
// is behind it. Either may be nil.
func (a *assumedRecords) newest(namespace types.UID, baseline string, cached *v1alpha1.BaselineRecord) *v1alpha1.BaselineRecord {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := assumedKey{namespace, baseline}
	known, ok := a.records[key]
	if !ok {
		return cached
	}
	behind := cached == nil || (cached.UID == known.record.UID && cached.Result.Attempts < known.record.Result.Attempts)
	if behind && time.Now().Before(known.until) {
		return known.record
	}
	delete(a.records, key)
	return cached
}

// holds reports whether the record is one that the cache does not show yet.
func (a *assumedRecords) holds(namespace types.UID, record *v1alpha1.BaselineRecord) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	known, ok := a.records[assumedKey{namespace, record.Name}]
	return ok && known.record == record
}
