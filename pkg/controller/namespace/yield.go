package namespace

import (
	"context"
	"sync"
	"time"

	"k8s.io/utils/clock"
)

const (
	// maxYield bounds how long an update waits for restores, so that a steady stream of new namespaces does not hold a rollout.
	maxYield = time.Second
	// maxLaneWait bounds how long an update waits for others before that. It is longer than the turns of all others usually are, or
	// several of them would run beside restores after all.
	maxLaneWait = 4 * time.Second
	// restsFor is how many times as long as an update took none runs after it, while restores follow each other. An API server that is
	// slow, because it collects garbage for instance, then gets less to do.
	restsFor = 2
	// busyAfter is how long after a restore further ones are expected.
	busyAfter = time.Second
)

// firstRestores counts the restores of new namespaces that are in progress. Updates yield to them, because a person or a pipeline
// waits for a new namespace, and an API server that is busy with both would answer it late: updates wait for restores, and run
// one at a time while restores follow each other.
type firstRestores struct {
	clock clock.Clock
	// lane holds a token while an update runs that must be alone.
	lane chan struct{}
	// rested is when the next update in the lane may begin. It belongs to the update that has the token.
	rested time.Time

	mu    sync.Mutex
	count int
	ended time.Time
	// none is closed when the last one has ended; nil if there is none.
	none chan struct{}
}

func newFirstRestores(passed clock.Clock) *firstRestores {
	return &firstRestores{clock: passed, lane: make(chan struct{}, 1)}
}

// begin counts a restore, and returns the function to call at its end.
func (f *firstRestores) begin() (end func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count++; f.none == nil {
		f.none = make(chan struct{})
	}
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.ended = f.clock.Now()
		if f.count--; f.count == 0 {
			close(f.none)
			f.none = nil
		}
	}
}

// endRestores ends the count of the first restores that a reconcile has made.
func (s *snapshot) endRestores() {
	if s.endRestore != nil {
		s.endRestore()
	}
}

// yield returns when an update may begin, after maxLaneWait and twice maxYield at the latest, and returns the function to call at
// its end.
func (f *firstRestores) yield(ctx context.Context) (end func()) {
	if !f.isBusy() || !f.takeLane(ctx) {
		f.awaitNone(ctx)
		return func() {}
	}
	f.await(ctx, nil, min(f.rested.Sub(f.clock.Now()), maxYield))
	f.awaitNone(ctx)
	began := f.clock.Now()
	return func() {
		f.rested = f.clock.Now().Add(restsFor * f.clock.Since(began))
		<-f.lane
	}
}

// takeLane reports whether the update has the lane, which its end must free.
func (f *firstRestores) takeLane(ctx context.Context) bool {
	timer := f.clock.NewTimer(maxLaneWait)
	defer timer.Stop()
	select {
	case f.lane <- struct{}{}:
		return true
	case <-timer.C():
	case <-ctx.Done():
	}
	return false
}

// awaitNone returns when no restore is in progress, after maxYield at the latest.
func (f *firstRestores) awaitNone(ctx context.Context) {
	f.mu.Lock()
	none := f.none
	f.mu.Unlock()
	if none == nil {
		return
	}
	f.await(ctx, none, maxYield)
}

// await returns when the channel is closed, after atMost at the latest.
func (f *firstRestores) await(ctx context.Context, done <-chan struct{}, atMost time.Duration) {
	timer := f.clock.NewTimer(atMost)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C():
	case <-ctx.Done():
	}
}

// isBusy reports whether a restore is in progress, or has ended a moment ago.
func (f *firstRestores) isBusy() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.count > 0 || f.clock.Since(f.ended) < busyAfter
}
