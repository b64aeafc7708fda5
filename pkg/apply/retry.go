package apply

import (
	"context"
	"time"
)

// retryFor bounds the retries for one object within a run, because a kind that keeps failing must not hold a worker. A requeue
// retries the objects that failed.
const (
	retryFor     = 2 * time.Second
	retryInitial = 20 * time.Millisecond
	retryMax     = 400 * time.Millisecond
)

// retryUnless calls try once if noRetry is set, and retries transient errors otherwise.
func retryUnless(ctx context.Context, noRetry bool, try func() error) error {
	if noRetry {
		return try()
	}
	return retryTransient(ctx, try)
}

// retryTransient calls try until it succeeds, fails permanently, or retryFor has passed since its first failure.
func retryTransient(ctx context.Context, try func() error) error {
	var began time.Time
	for wait := retryInitial; ; wait = min(2*wait, retryMax) {
		err := try()
		if !isTransient(err) {
			return err
		}
		if began.IsZero() {
			began = time.Now()
		} else if time.Since(began)+wait > retryFor {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
		}
	}
}
