package controller

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestSettledForTheBackoff(t *testing.T) {
	ended := func(ago time.Duration, attempts int32, phase v1alpha1.RestorePhase) *v1alpha1.RestoreResult {
		return &v1alpha1.RestoreResult{Attempts: attempts, CompletionTimestamp: &metav1.Time{Time: time.Now().Add(-ago)}, Phase: phase}
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
		"found no plan, with what it wanted": {ended(0, 20, v1alpha1.PhaseFailed), true, backoffMost - time.Second, backoffMost},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			settled, wait := settledFor(test.result)
			if settled != test.settled || wait < test.from || wait > test.to {
				t.Errorf("settled %v for %s, want %v for %s to %s", settled, wait, test.settled, test.from, test.to)
			}
		})
	}
}

func TestAttemptsSince(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC)
	created := func(ago time.Duration) *corev1.Namespace {
		return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{CreationTimestamp: metav1.NewTime(now.Add(-ago).Truncate(time.Second))}}
	}
	tried := newRecord("1", "1")
	tried.Result.StartTimestamp = &metav1.Time{Time: now.Add(-time.Hour)}
	tests := map[string]struct {
		namespace *corev1.Namespace
		ready     corev1.ConditionStatus
		record    *v1alpha1.BaselineRecord
		want      time.Time
	}{
		"a new namespace":                    {namespace: created(time.Minute), want: now.Add(-time.Minute).Truncate(time.Second)},
		"a new one whose record was deleted": {namespace: created(time.Minute), ready: corev1.ConditionTrue, want: now.Truncate(time.Second)},
		"a new one that failed so far":       {namespace: created(time.Minute), ready: corev1.ConditionFalse, want: now.Add(-time.Minute).Truncate(time.Second)},
		"one that got it later":              {namespace: created(time.Hour), want: now.Truncate(time.Second)},
		"one whose attempts are known":       {namespace: created(24 * time.Hour), record: tried, want: now.Add(-time.Hour).Truncate(time.Second)},
		"a new one whose attempts are known": {namespace: &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{CreationTimestamp: metav1.NewTime(now.Add(-time.Hour - time.Minute))}},
			record: tried, want: now.Add(-time.Hour - time.Minute)},
		"a record that knows no start":   {namespace: created(time.Hour), record: newRecord("1", "1"), want: now.Truncate(time.Second)},
		"this clock is behind another's": {namespace: created(-time.Minute), want: now.Add(time.Minute).Truncate(time.Second)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ready := &corev1.NamespaceCondition{Type: v1alpha1.ConditionBaselineReady, Status: test.ready}
			if got := attemptsSince(test.namespace, ready, test.record, now); !got.Equal(test.want) {
				t.Errorf("since %s, want %s", got, test.want)
			}
		})
	}
}
