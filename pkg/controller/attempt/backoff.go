package attempt

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/queue"
)

// firstDelay is the delay after the first incomplete attempt at a restore. It doubles with each further attempt.
const firstDelay = time.Second

// Backoff returns the delay after a number of attempts.
func Backoff(attempts int32) time.Duration {
	wait := firstDelay
	for i := int32(1); i < attempts && wait < queue.MaxDelay; i++ {
		wait *= 2
	}
	return min(wait, queue.MaxDelay)
}

// Settled reports whether a result needs no attempt now, and returns the time until the next one; zero for a complete result. A
// result without the end of its last attempt needs one, because waiting for that end would never end.
func Settled(result *v1alpha1.RestoreResult, now time.Time) (bool, time.Duration) {
	if result.Phase == v1alpha1.PhaseCompleted {
		return true, 0
	}
	return settledSince(result.CompletionTimestamp, result.Attempts, now)
}

// UpdateSettled is Settled for an update; nil is complete.
func UpdateSettled(update *v1alpha1.RestoreUpdate, now time.Time) (bool, time.Duration) {
	if update.IsComplete() {
		return true, 0
	}
	return settledSince(update.CompletionTimestamp, update.Attempts, now)
}

// settledSince reports whether the delay after an attempt that ended at a time lasts, and returns the rest of it.
func settledSince(ended *metav1.Time, attempts int32, now time.Time) (bool, time.Duration) {
	var wait time.Duration
	if ended != nil {
		wait = Backoff(attempts)
		wait = min(wait, wait-now.Sub(ended.Time)) // another leader's clock may be ahead
	}
	return wait > 0, max(wait, time.Millisecond)
}
