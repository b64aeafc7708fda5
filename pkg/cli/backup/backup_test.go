package backup

import (
	"testing"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestUsesBackup(t *testing.T) {
	baseline := &v1alpha1.Baseline{
		Spec:   v1alpha1.BaselineSpec{Backup: "pull-v2"},
		Status: v1alpha1.BaselineStatus{History: []v1alpha1.BaselineRevision{{RevisionContent: v1alpha1.RevisionContent{Backup: "pull-v1"}}}},
	}
	for backup, want := range map[string]bool{"pull-v1": true, "pull-v2": true, "pull-v3": false} {
		if got := usesBackup(baseline, backup); got != want {
			t.Errorf("usesBackup(%q) = %v", backup, got)
		}
	}
}
