package controller

import (
	"context"
	"time"
)

// finishWithin bounds how long a run that has begun goes on after shutdown was asked for.
const gracePeriod = 15 * time.Second

type hardStopKey struct{}

// WithHardStop returns a context whose runs end with stop at once, instead of some seconds after what they were started
// with: a leader that lost its lease must not write beside the next one.
func WithHardStop(ctx, stop context.Context) context.Context {
	return context.WithValue(ctx, hardStopKey{}, stop)
}

// withGracePeriod returns a context for work that is better finished than cut off: it ends finishWithin after its parent,
// unless WithHardStop ends it.
func withGracePeriod(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	stopEnd := func() bool { return false }
	if end, ok := parent.Value(hardStopKey{}).(context.Context); ok {
		stopEnd = context.AfterFunc(end, cancel)
	}
	stop := context.AfterFunc(parent, func() {
		timer := time.AfterFunc(gracePeriod, cancel)
		context.AfterFunc(ctx, func() { timer.Stop() })
	})
	return ctx, func() { stop(); stopEnd(); cancel() }
}
