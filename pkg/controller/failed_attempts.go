package controller

import (
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// failedAttempts counts the attempts of which no record tells, because there is no plan or the record was refused: they are
// spaced out as those are that a record counts. A restart begins anew. An attempt that is recorded is removed, as is a
// namespace that goes.
type failedAttempts struct {
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

func newFailedAttempts() *failedAttempts {
	return &failedAttempts{namespaces: map[string]*failuresOfNamespace{}}
}

// add counts a failure, and returns its state with the time to try again.
func (f *failedAttempts) add(namespace *corev1.Namespace, state baselineState) baselineState {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := f.namespaces[namespace.Name]
	if known == nil || known.uid != namespace.UID {
		known = &failuresOfNamespace{uid: namespace.UID, baselines: map[string]failedAttempt{}}
		f.namespaces[namespace.Name] = known
	}
	failed := known.baselines[state.baseline]
	failed.count++
	wait := backoffAfter(failed.count)
	failed.state, failed.until = state, time.Now().Add(wait)
	known.baselines[state.baseline] = failed
	state.requeueAfter = wait
	return state
}

// waiting returns the state of a failure that it is too early to try again.
func (f *failedAttempts) waiting(namespace *corev1.Namespace, baseline string) (baselineState, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := f.namespaces[namespace.Name]
	if known == nil || known.uid != namespace.UID {
		return baselineState{}, false
	}
	failed, ok := known.baselines[baseline]
	wait := time.Until(failed.until)
	if !ok || wait <= 0 {
		return baselineState{}, false
	}
	failed.state.requeueAfter = wait
	return failed.state, true
}

// has reports whether attempts of a baseline failed that no record has.
func (f *failedAttempts) has(namespace *corev1.Namespace, baseline string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := f.namespaces[namespace.Name]
	return known != nil && known.uid == namespace.UID && known.baselines[baseline].count > 0
}

// HasFailed implements Attempts.
func (r *NamespaceReconciler) HasFailed(namespace *corev1.Namespace, baseline string) bool {
	return r.failures.has(namespace, baseline)
}

// clear forgets the failures of a baseline that was recorded.
func (f *failedAttempts) clear(namespace, baseline string) {
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

// forget drops a namespace that is gone.
func (f *failedAttempts) forget(namespace string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.namespaces, namespace)
}
