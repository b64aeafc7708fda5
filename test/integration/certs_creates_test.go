package integration

import (
	"context"
	"testing"

	"seedbed.dev/seedbed/test/cluster"
)

// createLoop creates one ConfigMap after the other and keeps the first refusal.
type createLoop struct {
	world *certsEnv
	turn  chan struct{} // full during a create, and during a pause
	end   func()
	ended chan struct{}

	refused error
	created int64
}

func (e *certsEnv) createSteadily(ctx context.Context, t *testing.T) *createLoop {
	ctx, cancel := context.WithCancel(ctx)
	c := &createLoop{world: e, turn: make(chan struct{}, 1), end: cancel, ended: make(chan struct{})}
	go func() {
		defer close(c.ended)
		for ctx.Err() == nil {
			c.createOne(ctx)
		}
	}()
	t.Cleanup(func() { _, _ = c.stop() })
	return c
}

func (c *createLoop) createOne(ctx context.Context) {
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-c.turn }()
	switch err := c.world.createConfigMap(ctx); {
	case ctx.Err() != nil: // cut short
	case err == nil:
		c.created++
	case c.refused == nil:
		c.refused = err
	}
}

// pause waits until no create is in progress.
func (c *createLoop) pause() { c.turn <- struct{}{} }

// resume continues once creates succeed.
func (c *createLoop) resume(ctx context.Context, t *testing.T) {
	t.Helper()
	if err := cluster.Eventually(ctx, c.world.checkReady); err != nil {
		t.Fatal(err)
	}
	<-c.turn
}

// stop returns the number of creates and the first refusal.
func (c *createLoop) stop() (created int64, refused error) {
	c.end()
	<-c.ended
	return c.created, c.refused
}
