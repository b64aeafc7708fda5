package namespace

import (
	"maps"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	"seedbed.dev/seedbed/pkg/controller/attempt"
)

// failedAttempts counts the attempts that no record counts, because there was no plan or the record was refused. They have the
// delays of recorded attempts. The counts end with the process, with a recorded attempt, and with the namespace.
type failedAttempts struct {
	clock clock.PassiveClock

	mu     sync.Mutex
	failed map[failureKey]failedAttempt
}

// failureKey identifies a baseline of a namespace, by names.
type failureKey struct{ namespace, baseline string }

// failedAttempt is the last failure, and their count, in the namespace of that UID.
type failedAttempt struct {
	namespace types.UID
	count     int32
	state     baselineState
	until     time.Time
}

func newFailedAttempts(passive clock.PassiveClock) *failedAttempts {
	return &failedAttempts{clock: passive, failed: map[failureKey]failedAttempt{}}
}

// addFailure counts a failure, and returns its state with the delay of the next attempt.
func (f *failedAttempts) addFailure(namespace *corev1.Namespace, state baselineState) baselineState {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := f.failureOf(namespace, state.baseline)
	wait := attempt.Backoff(known.count + 1)
	f.failed[failureKey{namespace.Name, state.baseline}] = failedAttempt{namespace.UID, known.count + 1, state, f.clock.Now().Add(wait)}
	state.requeueAfter = wait
	return state
}

// failureOf returns the last failure of a baseline; the zero one if there is none in this namespace. The caller holds the lock.
func (f *failedAttempts) failureOf(namespace *corev1.Namespace, baseline string) failedAttempt {
	if known := f.failed[failureKey{namespace.Name, baseline}]; known.namespace == namespace.UID {
		return known
	}
	return failedAttempt{}
}

// waitingState returns the state of a failure whose next attempt is not due yet.
func (f *failedAttempts) waitingState(namespace *corev1.Namespace, baseline string) (baselineState, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := f.failureOf(namespace, baseline)
	known.state.requeueAfter = known.until.Sub(f.clock.Now())
	return known.state, known.state.requeueAfter > 0
}

// hasFailure reports whether an attempt at a baseline failed without a record.
func (f *failedAttempts) hasFailure(namespace *corev1.Namespace, baseline string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failureOf(namespace, baseline).count > 0
}

// failedUpdate returns the hash of the revision to which an update failed without a record; empty if there is none.
func (f *failedAttempts) failedUpdate(namespace *corev1.Namespace, baseline string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failureOf(namespace, baseline).state.updateTo
}

// HasFailedUpdate implements Attempts.
func (r *Reconciler) HasFailedUpdate(namespace *corev1.Namespace, baseline, revisionHash string) bool {
	return revisionHash != "" && r.failures.failedUpdate(namespace, baseline) == revisionHash
}

// HasFailed implements Attempts.
func (r *Reconciler) HasFailed(namespace *corev1.Namespace, baseline string) bool {
	return r.failures.hasFailure(namespace, baseline)
}

// clearBaseline removes the failures of a baseline whose attempt was recorded.
func (f *failedAttempts) clearBaseline(namespace, baseline string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.failed, failureKey{namespace, baseline})
}

// forgetNamespace removes a namespace that is gone.
func (f *failedAttempts) forgetNamespace(namespace string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	maps.DeleteFunc(f.failed, func(key failureKey, _ failedAttempt) bool { return key.namespace == namespace })
}
