package namespace

import (
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

	mu         sync.Mutex
	namespaces map[string]*failuresOfNamespace
}

type failuresOfNamespace struct {
	uid       types.UID
	baselines map[string]failedAttempt
}

type failedAttempt struct {
	count int32
	state baselineState
	until time.Time
}

func newFailedAttempts(passive clock.PassiveClock) *failedAttempts {
	return &failedAttempts{clock: passive, namespaces: map[string]*failuresOfNamespace{}}
}

// addFailure counts a failure, and returns its state with the delay of the next attempt.
func (f *failedAttempts) addFailure(namespace *corev1.Namespace, state baselineState) baselineState {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := f.namespaces[namespace.Name]
	if known == nil || known.uid != namespace.UID {
		known = &failuresOfNamespace{uid: namespace.UID, baselines: map[string]failedAttempt{}}
		f.namespaces[namespace.Name] = known
	}
	failed := known.baselines[state.baseline]
	failed.count++
	wait := attempt.Backoff(failed.count)
	failed.state, failed.until = state, f.clock.Now().Add(wait)
	known.baselines[state.baseline] = failed
	state.requeueAfter = wait
	return state
}

// waitingState returns the state of a failure whose next attempt is not due yet.
func (f *failedAttempts) waitingState(namespace *corev1.Namespace, baseline string) (baselineState, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := f.namespaces[namespace.Name]
	if known == nil || known.uid != namespace.UID {
		return baselineState{}, false
	}
	failed, ok := known.baselines[baseline]
	wait := failed.until.Sub(f.clock.Now())
	if !ok || wait <= 0 {
		return baselineState{}, false
	}
	failed.state.requeueAfter = wait
	return failed.state, true
}

// hasFailure reports whether an attempt at a baseline failed without a record.
func (f *failedAttempts) hasFailure(namespace *corev1.Namespace, baseline string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := f.namespaces[namespace.Name]
	return known != nil && known.uid == namespace.UID && known.baselines[baseline].count > 0
}

// HasFailed implements Attempts.
func (r *Reconciler) HasFailed(namespace *corev1.Namespace, baseline string) bool {
	return r.failures.hasFailure(namespace, baseline)
}

// clearBaseline removes the failures of a baseline whose attempt was recorded.
func (f *failedAttempts) clearBaseline(namespace, baseline string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := f.namespaces[namespace]
	if known == nil {
		return
	}
	delete(known.baselines, baseline)
	if len(known.baselines) == 0 {
		delete(f.namespaces, namespace)
	}
}

// forgetNamespace removes a namespace that is gone.
func (f *failedAttempts) forgetNamespace(namespace string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.namespaces, namespace)
}
