package controller

import (
	"context"
	"time"
)

// finishWithin bounds how long a run that has begun goes on after shutdown was asked for.
const finishWithin = 15 * time.Second

// outlive makes a context for work that is better finished than cut off: it ends finishWithin after its parent.
func outlive(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	stop := context.AfterFunc(parent, func() {
		timer := time.AfterFunc(finishWithin, cancel)
		context.AfterFunc(ctx, func() { timer.Stop() })
	})
	return ctx, func() { stop(); cancel() }
}
