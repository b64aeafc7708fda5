package apply

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestLargeObjectsAreComparedOneAtATime(t *testing.T) {
	for name, test := range map[string]struct {
		unbounded bool
		size      int
		want      time.Duration
	}{
		"large ones":         {size: largeComparison, want: 4 * time.Second},
		"small ones":         {size: largeComparison - 1, want: time.Second},
		"without any bounds": {unbounded: true, size: largeComparison, want: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began, done, slot := time.Now(), make(chan struct{}), make(comparisonSlot, 1)
				if test.unbounded {
					slot = nil
				}
				for range 4 {
					go func() {
						release := slot.acquireFor(t.Context(), test.size)
						time.Sleep(time.Second) // by the bubble's clock
						release()
						done <- struct{}{}
					}()
				}
				for range 4 {
					<-done
				}
				if took := time.Since(began); took != test.want {
					t.Errorf("four took %s, want %s", took, test.want)
				}
			})
		})
	}
}

func TestSlotIsNotAwaitedAfterTheContextEnds(t *testing.T) {
	held := make(comparisonSlot, 1)
	release := held.acquireFor(t.Context(), largeComparison)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	held.acquireFor(ctx, largeComparison)()
	release()
	if len(held) != 0 {
		t.Error("a slot that was not acquired was released, or the other way round")
	}
}
