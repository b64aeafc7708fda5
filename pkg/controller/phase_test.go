package controller

import (
	"testing"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestUsableBackupsAreWholeAndStillStored(t *testing.T) {
	tests := []struct {
		name   string
		phase  string
		digest string
		errors []string
		want   bool
	}{
		{"completed", v1alpha1.PhaseCompleted, "sha256:1", nil, true},
		{"deleted while a baseline holds it", v1alpha1.PhaseDeleting, "sha256:1", nil, true},
		{"partially failed", v1alpha1.PhasePartiallyFailed, "sha256:1", []string{"pods could not be listed"}, false},
		{"partially failed, then deleted", v1alpha1.PhaseDeleting, "sha256:1", []string{"pods could not be listed"}, false},
		{"deleted before it was stored", v1alpha1.PhaseDeleting, "", nil, false},
		{"being taken", v1alpha1.PhaseInProgress, "", nil, false},
		{"failed", v1alpha1.PhaseFailed, "", []string{"nothing was found"}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			backup := &v1alpha1.BaselineBackup{Status: v1alpha1.BaselineBackupStatus{Digest: test.digest, Errors: test.errors}}
			setPhase(&backup.Status.Conditions, 1, test.phase, "")
			if got := usable(backup); got != test.want {
				t.Errorf("usable is %v, want %v", got, test.want)
			}
		})
	}
}
