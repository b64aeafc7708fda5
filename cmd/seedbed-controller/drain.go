package main

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/webhook"
)

// drainingServer is a webhook server that stops without failing a review. Only awaitDrained waits for its end.
//
// The API server keeps its connections and sends further reviews on them. A review that it sends while the connection is
// closed fails, and a user's create with it. So the server answers for a while after its context has ended, and asks the
// client with each response to close the connection. A connection that is still open after that is idle.
//
// The manager releases the leader's lease when everything that it started has ended. Another replica could only wait
// meanwhile, so for the manager the server ends at once.
type drainingServer struct {
	webhook.Server
	// linger returns how long the server goes on. It is called at the end.
	linger func() time.Duration

	ending  atomic.Bool
	serving sync.WaitGroup
}

// Register implements webhook.Server. A review outlives the context of Start: it has a deadline of its own.
func (s *drainingServer) Register(path string, hook http.Handler) {
	s.Server.Register(path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.ending.Load() {
			w.Header().Set("Connection", "close")
		}
		hook.ServeHTTP(w, r.WithContext(context.WithoutCancel(r.Context())))
	}))
}

// Start implements webhook.Server. It returns at the end of ctx, while reviews are still answered.
func (s *drainingServer) Start(ctx context.Context) error {
	serving, end := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	s.serving.Go(func() {
		defer end()
		ended <- s.Server.Start(serving)
	})
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		s.ending.Store(true)
		time.AfterFunc(s.linger(), end)
		return nil
	}
}

// awaitDrained returns when every review has been answered, or after that time.
func (s *drainingServer) awaitDrained(within time.Duration) {
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
