package restore

import (
	"context"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	// slowWrite is the duration from which a write counts as a sign of an overloaded API server.
	slowWrite = time.Second
	// maxPause bounds how long a writer sleeps.
	maxPause = 2 * time.Second
)

// Writers bound the objects that are written at a time in all namespaces together; nil Writers bound nothing. They are long-lived
// goroutines, because a goroutine for each object would grow its stack anew, a fourth of the cost of sending an object. Large
// objects are also bounded by their bytes, because each request has its own copy.
//
// The count is an upper bound. After a throttled (429, 503) or slow (> slowWrite) request a writer sleeps for that request's
// duration, at most maxPause, so that concurrency drops while the API server is overloaded and other clients get their share.
type Writers struct {
	tasks chan writeTask
	// slots bounds the tasks under way at a time; nil means that only the number of writers does.
	slots chan struct{}
	large *semaphore.Weighted
}

const (
	// largeObject is the size in bytes from which an object is large. Smaller ones, one for each writer, fit in anyway.
	largeObject = 64 << 10
	// largeInFlight bounds the bytes of large objects that are written at a time.
	largeInFlight = 32 << 20
)

// writeTask writes an object and reports whether the API server throttled the write.
type writeTask func() (throttled bool)

// NewWriters starts count writers. They live until Close.
func NewWriters(count int) *Writers {
	w := &Writers{tasks: make(chan writeTask), large: semaphore.NewWeighted(largeInFlight)}
	for range count {
		go func() {
			for task := range w.tasks {
				began := time.Now()
				throttled := task()
				if took := time.Since(began); throttled || took > slowWrite {
					time.Sleep(min(took, maxPause)) //nolint:forbidigo // bounded, and not worth a context
				}
			}
		}()
	}
	return w
}

// Share returns the same writers for tasks of which at most count run at a time, so that the rest stay free for other tasks. Its
// large objects have a budget of their own. It must not be closed.
func (w *Writers) Share(count int) *Writers {
	return &Writers{tasks: w.tasks, slots: make(chan struct{}, count), large: semaphore.NewWeighted(largeInFlight)}
}

// start returns when a writer has begun the task. If ctx ends first, the task runs in the caller and fails with its own error.
func (w *Writers) start(ctx context.Context, task writeTask) {
	if w == nil {
		go task()
		return
	}
	if w.slots != nil {
		select {
		case w.slots <- struct{}{}:
		case <-ctx.Done():
			task()
			return
		}
		shared := task
		task = func() bool {
			defer func() { <-w.slots }()
			return shared()
		}
	}
	select {
	case w.tasks <- task:
	case <-ctx.Done():
		task()
	}
}

// reserveBytes returns when an object of that size may be written, or when ctx has ended. It returns the function to call after
// the write.
func (w *Writers) reserveBytes(ctx context.Context, size int64) (release func()) {
	size = min(size, largeInFlight)
	if w == nil || size < largeObject || w.large.Acquire(ctx, size) != nil {
		return func() {}
	}
	return func() { w.large.Release(size) }
}

// Close ends the writers after their current tasks. Nothing may be written afterwards.
func (w *Writers) Close() { close(w.tasks) }
