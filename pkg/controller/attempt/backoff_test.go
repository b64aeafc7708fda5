package attempt

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/queue"
)

func TestBackoffDoublesUpToFiveMinutes(t *testing.T) {
	tests := map[int32]time.Duration{
		0: time.Second, 1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 9: 256 * time.Second,
		10: 5 * time.Minute, 11: 5 * time.Minute, 1 << 30: 5 * time.Minute,
	}
	for attempts, want := range tests {
		if got := Backoff(attempts); got != want {
			t.Errorf("after %d attempts: %s, want %s", attempts, got, want)
		}
	}
}

func TestSettledUntilTheBackoffEnds(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC)
	ended := func(ago time.Duration, attempts int32, phase v1alpha1.RestorePhase) *v1alpha1.RestoreResult {
		return &v1alpha1.RestoreResult{Attempts: attempts, CompletionTimestamp: &metav1.Time{Time: now.Add(-ago)}, Phase: phase}
	}
	tests := map[string]struct {
		result   *v1alpha1.RestoreResult
		settled  bool
		from, to time.Duration
	}{
		"complete, for good":                 {ended(time.Hour, 1, v1alpha1.PhaseCompleted), true, 0, 0},
		"tried a moment ago":                 {ended(0, 4, v1alpha1.PhasePartiallyFailed), true, 7 * time.Second, 8 * time.Second},
		"tried long ago":                     {ended(time.Minute, 4, v1alpha1.PhasePartiallyFailed), false, time.Millisecond, time.Millisecond},
		"by a leader whose clock is ahead":   {ended(-time.Hour, 4, v1alpha1.PhasePartiallyFailed), true, 8 * time.Second, 8 * time.Second},
		"cut off before its end was written": {&v1alpha1.RestoreResult{Attempts: 4, Phase: v1alpha1.PhasePartiallyFailed}, false, time.Millisecond, time.Millisecond},
		"failed without a plan":              {ended(0, 20, v1alpha1.PhaseFailed), true, queue.MaxDelay - time.Second, queue.MaxDelay},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			settled, wait := Settled(test.result, now)
			if settled != test.settled || wait < test.from || wait > test.to {
				t.Errorf("settled %v for %s, want %v for %s to %s", settled, wait, test.settled, test.from, test.to)
			}
		})
	}
}
