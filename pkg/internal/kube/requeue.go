package kube

import "time"

// Soonest returns the shortest of several delays of a reconcile. Zero asks for no reconcile, and is returned only if no delay asks
// for one.
func Soonest(delays ...time.Duration) time.Duration {
	var soonest time.Duration
	for _, delay := range delays {
		if delay > 0 && (soonest == 0 || delay < soonest) {
			soonest = delay
		}
	}
	return soonest
}
