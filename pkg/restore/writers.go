package restore

import "context"

// Writers bound how many objects are written at a time in all namespaces together; nil ones do not. They are goroutines
// that stay: one for each object would have to grow its stack anew, which is a fourth of what sending an object costs.
type Writers struct{ tasks chan func() }

// NewWriters starts so many writers. They live until Close.
func NewWriters(count int) *Writers {
	w := &Writers{tasks: make(chan func())}
	for range count {
		go func() {
			for task := range w.tasks {
				task()
			}
		}()
	}
	return w
}

// do comes back when a writer has begun with the task, or when ctx has ended: then the task runs here, and its own error
// tells. An object whose write waits for a busy API server keeps its writer: the busier that is, the fewer requests it gets.
func (w *Writers) do(ctx context.Context, task func()) {
	if w == nil {
		go task()
		return
	}
	select {
	case w.tasks <- task:
	case <-ctx.Done():
		task()
	}
}

// Close ends the writers when they have done what they began with. Nothing may be written after it.
func (w *Writers) Close() { close(w.tasks) }
