package namespace

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

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
