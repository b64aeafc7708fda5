package apply

import (
	"context"
	"time"
)

// retryFor bounds the tries for one object within a run: a kind that keeps failing must not hold a worker.
// What is left is tried again by requeue.
const (
	retryFor   = 2 * time.Second
	retryFirst = 20 * time.Millisecond
	retryMost  = 400 * time.Millisecond
)

// retry calls try until it succeeds, fails for good, or retryFor has passed since it first failed.
func retry(ctx context.Context, try func() error) error {
	var began time.Time
	for wait := retryFirst; ; wait = min(2*wait, retryMost) {
		err := try()
		if !transient(err) {
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
