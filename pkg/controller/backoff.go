package controller

import (
	"time"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// Attempts at a restore that left something undone are this far apart: twice as long each time.
const (
	backoffFirst = time.Second
	backoffMost  = 5 * time.Minute
)

// backoffAfter is how long to wait after so many attempts.
func backoffAfter(attempts int32) time.Duration {
	wait := backoffFirst
	for i := int32(1); i < attempts && wait < backoffMost; i++ {
		wait *= 2
	}
	return min(wait, backoffMost)
}

// errorFirst is how soon a reconcile that ended with an error is tried again, the first time.
const errorFirst = 50 * time.Millisecond

// rateLimiter spaces out reconciles that end with an error, as attempts are.
func rateLimiter() workqueue.TypedRateLimiter[reconcile.Request] {
	return workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](errorFirst, backoffMost)
}
