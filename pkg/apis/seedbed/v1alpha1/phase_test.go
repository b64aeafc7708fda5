package v1alpha1

import "testing"

func TestPhasePredicates(t *testing.T) {
	tests := map[string]struct {
		phase                     string
		digest                    string
		errors                    []string
		ended, usable, restorable bool
	}{
		"new":                              {},
		"being captured":                   {phase: PhaseInProgress},
		"completed":                        {phase: PhaseCompleted, digest: "sha256:1", ended: true, usable: true, restorable: true},
		"partially failed":                 {phase: PhasePartiallyFailed, digest: "sha256:1", errors: []string{"pods could not be listed"}, ended: true, restorable: true},
		"failed":                           {phase: PhaseFailed, errors: []string{"nothing was found"}, ended: true},
		"deleted while a baseline uses it": {phase: PhaseDeleting, digest: "sha256:1", usable: true},
		"partially failed, then deleted":   {phase: PhaseDeleting, digest: "sha256:1", errors: []string{"pods could not be listed"}},
		"deleted before it was stored":     {phase: PhaseDeleting},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			backup := &BaselineBackup{Status: BaselineBackupStatus{Digest: test.digest, Errors: test.errors}}
			if test.phase != "" {
				SetPhase(&backup.Status.Conditions, 1, test.phase, "")
			}
			if got := backup.HasEnded(); got != test.ended {
				t.Errorf("HasEnded = %v, want %v", got, test.ended)
			}
			if got := backup.IsUsable(); got != test.usable {
				t.Errorf("IsUsable = %v, want %v", got, test.usable)
			}
			if got := backup.IsRestorable(); got != test.restorable {
				t.Errorf("IsRestorable = %v, want %v", got, test.restorable)
			}
		})
	}
}
