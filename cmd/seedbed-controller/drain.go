package main

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/webhook"
)

// drainingServer is a webhook server that ends without failing a review, and whose end nobody waits for but drained.
//
// The API server keeps its connections to send further reviews on them. It fails one that it sends while the connection
// is being closed, and with it somebody's create. So the server goes on answering for a while after it was told to end,
// and says with each answer that the connection is not to be used again: what is open after that has not been used for
// so long.
//
// The manager gives up the leader's lease when everything that it started has ended. Another replica would have nothing
// to do meanwhile but wait, so to the manager the server ends at once.
type drainingServer struct {
	webhook.Server
	// linger says how long it goes on; it is asked at the end.
	linger func() time.Duration

	ending  atomic.Bool
	serving sync.WaitGroup
}

// Register implements webhook.Server. A review outlives the context that the server was started with: it has a deadline
// of its own.
func (s *drainingServer) Register(path string, hook http.Handler) {
	s.Server.Register(path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.ending.Load() {
			w.Header().Set("Connection", "close")
		}
		hook.ServeHTTP(w, r.WithContext(context.WithoutCancel(r.Context())))
	}))
}

// Start implements webhook.Server. It comes back with ctx, while reviews are still answered.
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
