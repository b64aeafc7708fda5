package integration

import (
	"context"
	"testing"

	"seedbed.dev/seedbed/test/cluster"
)

// creates makes one ConfigMap after the other and keeps the first refusal.
type creates struct {
	world *certsWorld
	turn  chan struct{} // full while a create is made, and during a pause
	end   func()
	ended chan struct{}

	refused error
	created int64
}

func (w *certsWorld) createSteadily(ctx context.Context, t *testing.T) *creates {
	ctx, cancel := context.WithCancel(ctx)
	c := &creates{world: w, turn: make(chan struct{}, 1), end: cancel, ended: make(chan struct{})}
	go func() {
		defer close(c.ended)
		for ctx.Err() == nil {
			c.one(ctx)
		}
	}()
	t.Cleanup(func() { _, _ = c.stop() })
	return c
}

func (c *creates) one(ctx context.Context) {
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-c.turn }()
	switch err := c.world.create(ctx); {
	case ctx.Err() != nil: // cut short
	case err == nil:
		c.created++
	case c.refused == nil:
		c.refused = err
	}
}

// pause comes back when no create is under way.
func (c *creates) pause() { c.turn <- struct{}{} }

// resume goes on once creates work.
func (c *creates) resume(ctx context.Context, t *testing.T) {
	t.Helper()
	if err := cluster.Eventually(ctx, c.world.ready); err != nil {
		t.Fatal(err)
	}
	<-c.turn
}

// stop comes back with how many creates there were and the first refusal.
func (c *creates) stop() (created int64, refused error) {
	c.end()
	<-c.ended
	return c.created, c.refused
}
