package namespace

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/utils/clock"
)

func TestUpdatesWaitForFirstRestores(t *testing.T) {
	for name, test := range map[string]struct {
		restores []time.Duration // how long each takes
		want     time.Duration
	}{
		"none":         {},
		"one":          {restores: []time.Duration{50 * time.Millisecond}, want: 50 * time.Millisecond},
		"several":      {restores: []time.Duration{20 * time.Millisecond, 80 * time.Millisecond}, want: 80 * time.Millisecond},
		"one too long": {restores: []time.Duration{time.Minute}, want: maxYield},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				restores := newFirstRestores(clock.RealClock{})
				for _, takes := range test.restores {
					time.AfterFunc(takes, restores.begin())
				}
				began := time.Now()
				restores.yield(t.Context())()
				if took := time.Since(began); took != test.want {
					t.Errorf("an update waited %s, want %s", took, test.want)
				}
			})
		})
	}
}

func TestUpdatesTakeTurnsWhileRestoresFollowEachOther(t *testing.T) {
	for name, test := range map[string]struct {
		since   time.Duration // since the last restore ended
		updates int           // of 200 ms each
		want    time.Duration // all of them take that long
	}{
		"a moment ago":               {since: busyAfter / 2, updates: 4, want: 2000 * time.Millisecond},
		"a moment ago, and too many": {since: busyAfter / 2, updates: 12, want: 4400 * time.Millisecond},
		"long ago":                   {since: busyAfter, updates: 4, want: 200 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				restores := newFirstRestores(clock.RealClock{})
				restores.begin()()
				time.Sleep(test.since) // by the bubble's clock
				began := time.Now()
				var all sync.WaitGroup
				for range test.updates {
					all.Go(func() {
						defer restores.yield(t.Context())()
						time.Sleep(200 * time.Millisecond) // by the bubble's clock
					})
				}
				all.Wait()
				if took := time.Since(began); took != test.want {
					t.Errorf("the updates took %s, want %s", took, test.want)
				}
			})
		})
	}
}
