package namespace

import (
	"maps"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/kube"
)

// interruptedRevisions returns the revisions to which an update of a namespace may have been interrupted before it was recorded.
// Each costs a read of the objects that differ, so it lists no others: those that the Baseline got after the record was written and
// before this process led, because an earlier leader may have crashed, and those to which this process began an update.
func (r *Reconciler) interruptedRevisions(namespace *corev1.Namespace, baseline *v1alpha1.Baseline, record *v1alpha1.BaselineRecord) []v1alpha1.RevisionContent {
	held, recorded, leading := record.HeldRevision().Hash, recordedAt(record), r.leadingSince().Add(kube.ClockSkew)
	var interrupted []v1alpha1.RevisionContent
	isSince := true // the history is sorted
	for _, known := range baseline.Status.History {
		isSince = isSince && known.Hash != held
		if known.Hash == held || known.Hash == baseline.Status.RevisionHash {
			continue
		}
		isLater := isSince || known.Timestamp.After(recorded) // a revision that is used again moves to the front
		if isLater && known.Timestamp.Time.Before(leading) || r.begun.hasUpdate(namespace, baseline.Name, known.Hash) {
			interrupted = append(interrupted, known.RevisionContent)
		}
	}
	return interrupted
}

// recordedAt returns the earliest time at which a record can have been written, by the clock of its leader.
func recordedAt(record *v1alpha1.BaselineRecord) time.Time {
	end := record.Result.CompletionTimestamp
	if record.Update != nil && record.Update.CompletionTimestamp != nil {
		end = record.Update.CompletionTimestamp
	}
	if end == nil {
		return time.Time{}
	}
	return end.Add(-kube.ClockSkew)
}

// begunUpdates are the updates that this process began and did not record yet. It is safe for concurrent use.
type begunUpdates struct {
	mu    sync.Mutex
	begun map[failureKey]begunUpdate
}

// begunUpdate has the hashes of revisions, in the namespace of that UID.
type begunUpdate struct {
	namespace types.UID
	hashes    sets.Set[string]
}

func newBegunUpdates() *begunUpdates { return &begunUpdates{begun: map[failureKey]begunUpdate{}} }

// addUpdate adds the update of a namespace to a revision of a baseline.
func (b *begunUpdates) addUpdate(namespace *corev1.Namespace, baseline, hash string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := failureKey{namespace.Name, baseline}
	if known, found := b.begun[key]; !found || known.namespace != namespace.UID {
		b.begun[key] = begunUpdate{namespace.UID, sets.New[string]()}
	}
	b.begun[key].hashes.Insert(hash)
}

// hasUpdate reports whether an update to a revision began and was not recorded.
func (b *begunUpdates) hasUpdate(namespace *corev1.Namespace, baseline, hash string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	known := b.begun[failureKey{namespace.Name, baseline}]
	return known.namespace == namespace.UID && known.hashes.Has(hash)
}

// clearBaseline removes the updates of a baseline, because a later one was recorded: it considered them.
func (b *begunUpdates) clearBaseline(namespace, baseline string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.begun, failureKey{namespace, baseline})
}

// forgetNamespace removes a namespace that is gone.
func (b *begunUpdates) forgetNamespace(namespace string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	maps.DeleteFunc(b.begun, func(key failureKey, _ begunUpdate) bool { return key.namespace == namespace })
}
