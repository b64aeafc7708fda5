//go:build e2e

package e2e

import "time"

// outage is a period without an available replica. No namespace is refused because of it.
type outage struct {
	// from and until bound the time without a replica that answers and reaches the API server.
	from, until time.Time
}
