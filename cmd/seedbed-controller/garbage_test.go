package main

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"seedbed.dev/seedbed/test/cluster"
)

func TestPercentFallsWithTheLiveHeap(t *testing.T) {
	for mebibytes, want := range map[uint64]int{0: 400, 4: 400, 6: 300, 12: 150, 24: 75, 48: 35, 64: 25, 72: 25, 1000: 25} {
		if got := percentFor(mebibytes << 20); got != want {
			t.Errorf("with %d MiB in use it is %d percent, want %d", mebibytes, got, want)
		}
	}
}

func TestLiveBytesIsKnown(t *testing.T) {
	runtime.GC()
	if got := liveBytes(); got == 0 {
		t.Error("nothing is in use after a collection")
	}
}

func TestCallAfterEachCollection(t *testing.T) {
	calls := make(chan struct{}, 1)
	afterEachCollection(func() {
		select {
		case calls <- struct{}{}:
		default: // no test waits any more
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for _, when := range []string{"at once", "after a collection", "after another"} {
		if err := cluster.Eventually(ctx, func(context.Context) error {
			select {
			case <-calls:
				return nil
			default:
				runtime.GC()
				return errors.New("not called")
			}
		}); err != nil {
			t.Fatalf("%s: %v", when, err)
		}
	}
}
