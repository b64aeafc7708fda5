package authorization

import "time"

// Delays after which a reconciler reads a verdict again.
const (
	// RetryUnknownAfter is the delay after an unknown verdict.
	RetryUnknownAfter = time.Second
	// RetryProblemAfter is the delay while the policies are not in force.
	RetryProblemAfter = 30 * time.Second
)
