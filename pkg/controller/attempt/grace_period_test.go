package attempt

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestARunOutlivesShutdownButNotTheLease(t *testing.T) {
	for name, test := range map[string]struct {
		shutdown, lost bool
		want           time.Duration
	}{
		"shutdown":               {true, false, gracePeriod},
		"the lease is lost":      {true, true, 0},
		"it is lost first":       {false, true, 0},
		"neither: the run's own": {false, false, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				end, lose := context.WithCancel(t.Context())
				defer lose()
				parent, stop := context.WithCancel(WithHardStop(t.Context(), end))
				defer stop()
				run, cancel := WithGracePeriod(parent)
				time.AfterFunc(time.Hour, cancel)
				began := time.Now()
				if test.shutdown {
					stop()
				}
				if test.lost {
					lose()
				}
				<-run.Done()
				if took := time.Since(began); took != test.want {
					t.Errorf("the run ended after %s, want %s", took, test.want)
				}
			})
		})
	}
}
