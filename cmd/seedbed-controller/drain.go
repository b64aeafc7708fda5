package main

import (
	"context"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/webhook"
)

// drainingServer is a webhook server whose end nobody waits for but drained. The manager gives up the leader's lease
// when everything that it started has ended, and ending HTTP/2 connections alone takes a second: another replica
// would have nothing to do meanwhile but wait.
type drainingServer struct {
	webhook.Server
	serving sync.WaitGroup
}

// Start implements webhook.Server. It comes back with ctx, while reviews in flight are answered.
func (s *drainingServer) Start(ctx context.Context) error {
	ended := make(chan error, 1)
	s.serving.Go(func() { ended <- s.Server.Start(ctx) })
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return nil
	}
}

// drained comes back when every review has been answered, or after so long.
func (s *drainingServer) drained(within time.Duration) {
	done := make(chan struct{})
	go func() {
		s.serving.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(within):
	}
}
