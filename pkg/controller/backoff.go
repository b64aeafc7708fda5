package controller

import "time"

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
