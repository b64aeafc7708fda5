package controller

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/restore"
)

func TestPreviewStatusIsBounded(t *testing.T) {
	forecast := &restore.Forecast{Counts: v1alpha1.RestoreCounts{Total: 20002}}
	for i := range 20002 {
		forecast.Items = append(forecast.Items, v1alpha1.PreviewItem{Object: fmt.Sprint(i)})
	}
	for i := range 100 {
		forecast.Warnings = append(forecast.Warnings, fmt.Sprintf("w%03d", i), fmt.Sprintf("w%03d", i))
	}
	task := &restoreTask{namespace: &corev1.Namespace{}, spec: restore.Spec{Backup: "b", Digest: "d"}}
	got := previewStatus(task, &restore.Plan{Source: "foo"}, forecast, true)
	if len(got.Items) != 20000 || len(got.Warnings) != v1alpha1.MaxMessages || got.WarningCount != 101 {
		t.Errorf("%d items, %d of %d warnings", len(got.Items), len(got.Warnings), got.WarningCount)
	}
	if got.Warnings[0] != "items: 2 more objects are counted and not named" {
		t.Errorf("what was cut is not told: %q", got.Warnings[0])
	}
	got.Items, got.Warnings, got.WarningCount = nil, nil, 0
	want := &v1alpha1.BaselinePreviewStatus{Backup: "b", Digest: "d", SourceNamespace: "foo", Counts: v1alpha1.RestoreCounts{Total: 20002}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(want, got): %s", diff)
	}
}
