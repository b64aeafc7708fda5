package preview

import (
	"context"
	"errors"
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestConcluded(t *testing.T) {
	preview := &v1alpha1.BaselinePreview{ObjectMeta: metav1.ObjectMeta{Generation: 1}}
	if isAnswered(preview) {
		t.Error("a new preview counts as answered")
	}
	for name, test := range map[string]struct {
		err      error
		timedOut bool
		status   metav1.ConditionStatus
		reason   string
		message  string
	}{
		"answered": {nil, false, metav1.ConditionTrue, v1alpha1.ReasonAnswered, "3 objects previewed"},
		"refused": {
			fmt.Errorf("wrapped: %w", refusePreview(v1alpha1.ReasonBackupNotFound, "spec.backup: backup %s does not exist", "web")), false,
			metav1.ConditionFalse, v1alpha1.ReasonBackupNotFound, "spec.backup: backup web does not exist",
		},
		"refused in its last moment": {refusePreview(v1alpha1.ReasonRefused, "no"), true, metav1.ConditionFalse, v1alpha1.ReasonRefused, "no"},
		"too slow": {
			fmt.Errorf("after 3 of 5 objects: %w", context.DeadlineExceeded), true,
			metav1.ConditionFalse, v1alpha1.ReasonTimedOut, "the preview was not done within 2m0s: after 3 of 5 objects: context deadline exceeded",
		},
		"to be repeated":        {errors.New("etcd is away"), false, "", "", ""},
		"cut off by a shutdown": {context.Canceled, false, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := finalStatus(preview, &v1alpha1.BaselinePreviewStatus{Counts: v1alpha1.RestoreCounts{Total: 3}}, test.err, test.timedOut)
			if test.reason == "" {
				if got != nil {
					t.Errorf("it ends with %v", got.Conditions)
				}
				return
			}
			if ready := got.Conditions[0]; ready.Status != test.status || ready.Reason != test.reason || ready.Message != test.message || ready.ObservedGeneration != 1 {
				t.Errorf("%+v", ready)
			}
			if !isAnswered(&v1alpha1.BaselinePreview{Status: *got}) {
				t.Error("it does not count as answered")
			}
			if failed := test.err != nil; failed && got.Counts.Total > 0 {
				t.Errorf("a refusal has content: %+v", got)
			}
		})
	}
}
