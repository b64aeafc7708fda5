package controller

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestSettledForWaitsOutTheBackoffAndNoLonger(t *testing.T) {
	ended := func(ago time.Duration, attempts int32, phase string) *v1alpha1.BaselineRestore {
		record := recorded("1", attempts)
		record.Status.CompletionTimestamp = &metav1.Time{Time: time.Now().Add(-ago)}
		setPhase(&record.Status.Conditions, 1, phase, "")
		return record
	}
	tests := map[string]struct {
		record   *v1alpha1.BaselineRestore
		settled  bool
		from, to time.Duration
	}{
		"complete, for good":                 {ended(time.Hour, 1, v1alpha1.PhaseCompleted), true, 0, 0},
		"tried a moment ago":                 {ended(0, 4, v1alpha1.PhasePartiallyFailed), true, 7 * time.Second, 8 * time.Second},
		"tried long ago":                     {ended(time.Minute, 4, v1alpha1.PhasePartiallyFailed), false, time.Millisecond, time.Millisecond},
		"by a leader whose clock is ahead":   {ended(-time.Hour, 4, v1alpha1.PhasePartiallyFailed), true, 8 * time.Second, 8 * time.Second},
		"found no plan, with what it wanted": {ended(0, 20, v1alpha1.PhaseFailed), true, backoffMost - time.Second, backoffMost},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			settled, wait := settledFor(test.record)
			if settled != test.settled || wait < test.from || wait > test.to {
				t.Errorf("settled %v for %s, want %v for %s to %s", settled, wait, test.settled, test.from, test.to)
			}
		})
	}
}

func TestWhatIsOnlyRememberedIsLookedAtAgain(t *testing.T) {
	tests := map[string]struct {
		state      state
		remembered bool
		want       time.Duration
	}{
		"done, and in the cache":      {state{done: true}, false, 0},
		"done, and only remembered":   {state{done: true}, true, rememberFor},
		"failed, and only remembered": {state{again: time.Second}, true, time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if test.state.doubt(test.remembered); test.state.again != test.want {
				t.Errorf("again after %s, want %s", test.state.again, test.want)
			}
		})
	}
}
