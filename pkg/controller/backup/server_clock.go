package backup

import (
	"context"
	"sync"
	"time"

	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/utils/clock"

	"seedbed.dev/seedbed/pkg/internal/kube"
)

// ServerClock returns the time by which the API server sets creation times. This process's own clock may be off by hours, and no
// backup may be deleted for that.
type ServerClock interface {
	Now(ctx context.Context) (time.Time, error)
}

// clockMeasuredFor is the time for which a measured difference between the two clocks is used.
const clockMeasuredFor = time.Minute

// apiServerClock measures how far the clock of the API server is ahead of the local one. It is safe for concurrent use.
type apiServerClock struct {
	secrets corev1client.SecretInterface
	local   clock.PassiveClock

	mu       sync.Mutex
	measured time.Time
	ahead    time.Duration
}

// NewServerClock returns a ServerClock. It creates secrets by dry run.
func NewServerClock(secrets corev1client.SecretInterface, local clock.PassiveClock) ServerClock {
	return &apiServerClock{secrets: secrets, local: local}
}

// Now implements ServerClock. The times of the API server have whole seconds, so the result is behind by less than one.
func (c *apiServerClock) Now(ctx context.Context) (time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.local.Now()
	if since := now.Sub(c.measured); c.measured.IsZero() || since < 0 || since > clockMeasuredFor {
		server, err := kube.ServerTime(ctx, c.secrets)
		if err != nil {
			return time.Time{}, err
		}
		c.measured, c.ahead = now, server.Sub(now)
	}
	return now.Add(c.ahead), nil
}
