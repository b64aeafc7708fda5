package controller

import (
	"time"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// The delay between incomplete attempts at a restore starts at backoffFirst and doubles up to backoffMost.
const (
	backoffFirst = time.Second
	backoffMost  = 5 * time.Minute
)

// backoffAfter returns the delay after a number of attempts.
func backoffAfter(attempts int32) time.Duration {
	wait := backoffFirst
	for i := int32(1); i < attempts && wait < backoffMost; i++ {
		wait *= 2
	}
	return min(wait, backoffMost)
}

// errorFirst is the delay after the first error of a reconcile.
const errorFirst = 50 * time.Millisecond

// rateLimiter returns the rate limiter of reconciles that return an error. It has the upper bound of attempts.
func rateLimiter() workqueue.TypedRateLimiter[reconcile.Request] {
	return workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](errorFirst, backoffMost)
}
