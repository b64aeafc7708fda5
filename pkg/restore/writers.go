package restore

import (
	"context"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	// slowWrite is how long a write may take before the API server is taken to have more to do than it can.
	slowWrite = time.Second
	// longestRest bounds how long a writer leaves a busy API server alone.
	longestRest = 2 * time.Second
)

// Writers bound how many objects are written at a time in all namespaces together; nil ones do not. They are goroutines
// that stay: one for each object would have to grow its stack anew, which is a fourth of what sending an object costs. Large
// objects are also bounded by their bytes, since each request has a copy of its own.
//
// So many is the most. A writer whom the API server refused for its load, or let wait for longer than slowWrite, rests as
// long as that took: the busier the API server, the fewer write to it, and whoever else does gets its turn. When it answers
// as it used to, all of them write again.
type Writers struct {
	tasks chan task
	// turns bounds how many of the tasks are under way at a time; nil means that only the writers do.
	turns chan struct{}
	large *semaphore.Weighted
}

const (
	// largeObject is from how many bytes on an object is large. As many smaller ones as there are writers fit in anyway.
	largeObject = 64 << 10
	// largeInFlight is how many bytes of large objects are written at a time.
	largeInFlight = 32 << 20
)

// task says whether the API server was busy.
type task func() (busy bool)

// NewWriters starts so many writers. They live until Close.
func NewWriters(count int) *Writers {
	w := &Writers{tasks: make(chan task), large: semaphore.NewWeighted(largeInFlight)}
	for range count {
		go func() {
			for task := range w.tasks {
				began := time.Now()
				busy := task()
				if took := time.Since(began); busy || took > slowWrite {
					time.Sleep(min(took, longestRest))
				}
			}
		}()
	}
	return w
}

// Share returns the same writers for tasks of which at most count are under way at a time, so that other tasks find the rest.
// Its large objects have bytes of their own. It is not closed.
func (w *Writers) Share(count int) *Writers {
	return &Writers{tasks: w.tasks, turns: make(chan struct{}, count), large: semaphore.NewWeighted(largeInFlight)}
}

// do comes back when a writer has begun with the task, or when ctx has ended: then the task runs here, and its own error
// tells.
func (w *Writers) do(ctx context.Context, task task) {
	if w == nil {
		go task()
		return
	}
	if w.turns != nil {
		select {
		case w.turns <- struct{}{}:
		case <-ctx.Done():
			task()
			return
		}
		shared := task
		task = func() bool {
			defer func() { <-w.turns }()
			return shared()
		}
	}
	select {
	case w.tasks <- task:
	case <-ctx.Done():
		task()
	}
}

// reserve comes back when an object of that size may be written, or when ctx has ended, and returns the function to call when it
// was.
func (w *Writers) reserve(ctx context.Context, size int64) (release func()) {
	size = min(size, largeInFlight)
	if w == nil || size < largeObject || w.large.Acquire(ctx, size) != nil {
		return func() {}
	}
	return func() { w.large.Release(size) }
}

// Close ends the writers when they have done what they began with. Nothing may be written after it.
func (w *Writers) Close() { close(w.tasks) }
