//go:build e2e

package e2e

import "time"

// outage is when nobody could answer for Seedbed. No namespace is refused for it.
type outage struct {
	// from and until are while no replica is up: none that answers, or none that reaches the API server.
	from, until time.Time
}
