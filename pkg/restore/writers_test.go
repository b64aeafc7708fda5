package restore

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestWriterPausesAfterThrottledOrSlowWrites(t *testing.T) {
	tests := map[string]struct {
		takes, pause time.Duration
		throttled    bool
	}{
		"one that answers":              {takes: 20 * time.Millisecond},
		"one that takes a second":       {takes: slowWrite},
		"one that refuses at first":     {takes: 30 * time.Millisecond, throttled: true, pause: 30 * time.Millisecond},
		"one that lets it wait":         {takes: 1500 * time.Millisecond, pause: 1500 * time.Millisecond},
		"one that hardly answers":       {takes: 8 * time.Second, pause: maxPause},
		"one that refuses and is slow":  {takes: 4 * time.Second, throttled: true, pause: maxPause},
		"one that refuses without time": {throttled: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				writers := NewWriters(1)
				defer writers.Close()
				began := time.Now()
				writers.start(t.Context(), func() bool {
					time.Sleep(test.takes) // by the bubble's clock
					return test.throttled
				})
				next := make(chan time.Duration, 1)
				writers.start(t.Context(), func() bool {
					next <- time.Since(began)
					return false
				})
				if got, want := <-next, test.takes+test.pause; got != want {
					t.Errorf("the next write began after %s, want %s", got, want)
				}
			})
		})
	}
}

func TestShareLeavesWritersToOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		writers := NewWriters(4)
		defer writers.Close()
		release := make(chan struct{})
		share := writers.Share(3)
		for range 8 {
			go share.start(t.Context(), func() bool { <-release; return false })
		}
		synctest.Wait() // the share has begun its tasks, and they hang
		began := make(chan struct{})
		go writers.start(t.Context(), func() bool { close(began); return false })
		synctest.Wait()
		select {
		case <-began:
		default:
			t.Error("no writer was left")
		}
		close(release)
		synctest.Wait()
	})
}

func TestShareSlotsAreReleased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		writers := NewWriters(2)
		defer writers.Close()
		share, done := writers.Share(1), make(chan int, 3)
		for i := range 3 {
			share.start(t.Context(), func() bool { done <- i; return false })
		}
		synctest.Wait()
		if len(done) != 3 {
			t.Errorf("%d of 3 tasks were done", len(done))
		}
	})
}

func TestLargeObjectsInFlightAreBoundedByBytes(t *testing.T) {
	for name, test := range map[string]struct {
		size int64
		want time.Duration
	}{
		"small ones":              {size: largeObject - 1, want: time.Second},
		"as many as may be":       {size: largeInFlight / 4, want: time.Second},
		"twice as many":           {size: largeInFlight / 2, want: 2 * time.Second},
		"each larger than may be": {size: 2 * largeInFlight, want: 4 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := NewWriters(4)
				defer w.Close()
				began := time.Now()
				var all sync.WaitGroup
				for range 4 {
					all.Add(1)
					release := w.reserveBytes(t.Context(), test.size)
					w.start(t.Context(), func() bool {
						defer all.Done()
						defer release()
						time.Sleep(time.Second) // by the bubble's clock
						return false
					})
				}
				all.Wait()
				if took := time.Since(began); took != test.want {
					t.Errorf("four took %s, want %s", took, test.want)
				}
			})
		})
	}
}
