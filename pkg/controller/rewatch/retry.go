package rewatch

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/klog/v2"

	"seedbed.dev/seedbed/pkg/internal/apierr"
)

const (
	// minDelay and maxDelay bound the time between two attempts. The API server has one informer for each kind and replica to
	// answer, and refuses those that are too many.
	minDelay = 50 * time.Millisecond
	maxDelay = 2 * time.Second
	// steadyAfter is how long a watch has lived that begins with minDelay again when it breaks.
	steadyAfter = 10 * time.Second
)

// newDelays returns the times to wait between attempts: longer each time, up to maxDelay.
func newDelays() wait.DelayFunc {
	return wait.Backoff{Duration: minDelay, Factor: 2, Jitter: 0.2, Steps: 16, Cap: maxDelay}.DelayFunc()
}

// retry repeats a request until it succeeds, fails for good, or ctx ends.
func retry[T any](ctx context.Context, delay wait.DelayFunc, request func() (T, error)) (T, error) {
	for first := true; ; first = false {
		result, err := request()
		if !apierr.IsTransient(err) {
			return result, err
		}
		if first {
			klog.FromContext(ctx).Info("The API server does not answer an informer, which tries again", "reason", err.Error())
		}
		if !sleep(ctx, delay()) {
			return result, err
		}
	}
}

// sleep reports whether the time has passed before ctx ended.
func sleep(ctx context.Context, duration time.Duration) bool {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
