package controller

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// ServerClock returns the time by which the API server sets creation times. This process's own clock may be off by hours, and a
// backup must not be deleted for that.
type ServerClock interface {
	Now(ctx context.Context) (time.Time, error)
}

// clockMeasuredFor is how long the difference between the two clocks is taken to stay the same.
const clockMeasuredFor = time.Minute

// apiServerClock measures how far the API server's clock is ahead of the local one, by an object that is created by dry run. It
// is safe for concurrent use.
type apiServerClock struct {
	client    client.Client
	namespace string
	local     clock.PassiveClock

	mu       sync.Mutex
	measured time.Time
	ahead    time.Duration
}

// NewServerClock returns a ServerClock that may create Secrets, by dry run, in namespace.
func NewServerClock(c client.Client, namespace string, local clock.PassiveClock) ServerClock {
	return &apiServerClock{client: c, namespace: namespace, local: local}
}

// Now implements ServerClock. The API server's times have whole seconds, so it is late by less than one.
func (c *apiServerClock) Now(ctx context.Context) (time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.local.Now()
	if since := now.Sub(c.measured); c.measured.IsZero() || since < 0 || since > clockMeasuredFor {
		probe := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: c.namespace, GenerateName: "seedbed-clock-"}}
		if err := c.client.Create(ctx, probe, client.DryRunAll, client.FieldOwner(v1alpha1.FieldManager)); err != nil {
			return time.Time{}, fmt.Errorf("asking the API server for its time: %w", err)
		}
		c.measured, c.ahead = now, probe.CreationTimestamp.Sub(now)
	}
	return now.Add(c.ahead), nil
}
