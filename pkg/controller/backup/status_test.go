package backup

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/capture"
)

func TestEndedStatusHasThePhase(t *testing.T) {
	created := metav1.NewTime(time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC))
	backup := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{CreationTimestamp: created}}
	tests := map[string]struct {
		kept    capture.StoredBackup
		phase   string
		adopted bool
	}{
		"everything":                            {capture.StoredBackup{Summary: capture.Summary{Items: 3}, Stored: created.Time}, v1alpha1.PhaseCompleted, false},
		"some of it":                            {capture.StoredBackup{Summary: capture.Summary{Items: 3, Errors: []string{"no"}}, Stored: created.Time}, v1alpha1.PhasePartiallyFailed, false},
		"nothing, with errors":                  {capture.StoredBackup{Summary: capture.Summary{Errors: []string{"no"}}, Stored: created.Time}, v1alpha1.PhaseFailed, false},
		"nothing at all":                        {capture.StoredBackup{Stored: created.Time}, v1alpha1.PhaseFailed, false},
		"content that is older than the backup": {capture.StoredBackup{Summary: capture.Summary{Items: 3}, Stored: created.Add(-time.Hour)}, v1alpha1.PhaseCompleted, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			status := endedStatus(backup, created.Time, &test.kept)
			if phase := v1alpha1.PhaseOf(status.Conditions); phase != test.phase || status.Adopted != test.adopted {
				t.Errorf("phase %s, adopted %v; want %s, %v", phase, status.Adopted, test.phase, test.adopted)
			}
			if test.phase == v1alpha1.PhaseFailed && len(status.Errors) == 0 {
				t.Error("it failed without an error")
			}
		})
	}
}

func TestExpirationIsCreationPlusTTL(t *testing.T) {
	created := metav1.NewTime(time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC))
	backup := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{CreationTimestamp: created}}
	if at := expirationOf(backup); at != nil {
		t.Errorf("without a ttl it expires at %s", at)
	}
	backup.Spec.TTL = &metav1.Duration{Duration: time.Hour}
	if at := expirationOf(backup); at == nil || !at.Time.Equal(created.Add(time.Hour)) {
		t.Errorf("it expires at %v, want %s", at, created.Add(time.Hour))
	}
}
