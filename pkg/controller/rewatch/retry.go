package rewatch

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/klog/v2"

	"seedbed.dev/seedbed/pkg/internal/apierr"
)

const (
	// minDelay and maxDelay bound the time between two attempts. The API server has to answer one informer for each kind and
	// replica, and throttles if these are too many.
	minDelay = 50 * time.Millisecond
	maxDelay = 2 * time.Second
	// stableAfter is the age at which a watch is stable: if it breaks then, the delays start at minDelay again.
	stableAfter = 10 * time.Second
)

// newDelays returns the delays between attempts, which grow up to maxDelay.
func newDelays() wait.DelayFunc {
	return wait.Backoff{Duration: minDelay, Factor: 2, Jitter: 0.2, Steps: 16, Cap: maxDelay}.DelayFunc()
}

// retryRequest repeats a request until it succeeds, fails permanently, or ctx ends.
func retryRequest[T any](ctx context.Context, delay wait.DelayFunc, request func() (T, error)) (T, error) {
	for first := true; ; first = false {
		result, err := request()
		if !apierr.IsTransient(err) {
			return result, err
		}
		if first {
			klog.FromContext(ctx).Info("Retrying an informer's request", "reason", err.Error())
		}
		if !sleepContext(ctx, delay()) {
			return result, err
		}
	}
}

// sleepContext reports whether the duration passed before ctx ended.
func sleepContext(ctx context.Context, duration time.Duration) bool {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
