package backup

import (
	"context"
	"sync"
	"time"

	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/utils/clock"

	"seedbed.dev/seedbed/pkg/internal/kube"
)

// clockMeasuredFor is the time for which a measured difference between the two clocks is used.
const clockMeasuredFor = time.Minute

// ServerClock returns the time by which the API server sets creation times, because this process's own clock may be off by hours,
// and no backup may be deleted for that. It measures how far that clock is ahead of the local one. It is safe for concurrent use.
type ServerClock struct {
	secrets corev1client.SecretInterface
	local   clock.PassiveClock

	mu       sync.Mutex
	measured time.Time
	ahead    time.Duration
}

// NewServerClock returns a ServerClock. It creates secrets by dry run.
func NewServerClock(secrets corev1client.SecretInterface, local clock.PassiveClock) *ServerClock {
	return &ServerClock{secrets: secrets, local: local}
}

// Now returns the API server's time. Its times have whole seconds, so the result is behind by less than one.
func (c *ServerClock) Now(ctx context.Context) (time.Time, error) {
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
