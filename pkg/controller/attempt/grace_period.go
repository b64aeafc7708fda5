package attempt

import (
	"context"
	"time"
)

// gracePeriod bounds how long an operation that has begun continues after a shutdown was requested.
const gracePeriod = 15 * time.Second

type hardStopKey struct{}

// WithHardStop returns a context whose operations end with stop at once, without the grace period: a leader that lost its lease
// must not write beside the next one.
func WithHardStop(ctx, stop context.Context) context.Context {
	return context.WithValue(ctx, hardStopKey{}, stop)
}

// WithGracePeriod returns a context for an operation that is better finished than interrupted. It ends gracePeriod after its
// parent, unless WithHardStop ends it.
func WithGracePeriod(parent context.Context) (context.Context, context.CancelFunc) {
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
