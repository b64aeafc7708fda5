package restore

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/check"
)

func TestUpdateIsDescribed(t *testing.T) {
	at := metav1.NewTime(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	kept := v1alpha1.ObjectResult{Object: "secrets/pull", Result: v1alpha1.ResultKept, Reason: "data.password was changed by kubectl-edit"}
	updated := v1alpha1.ObjectResult{Object: "configmaps/settings", Result: v1alpha1.ResultUpdated}
	failed := v1alpha1.ObjectResult{Object: "services/web", Result: v1alpha1.ResultFailed, Reason: "forbidden \x1b[31mred"}
	for name, update := range map[string]v1alpha1.RestoreUpdate{
		"completed": {Phase: v1alpha1.PhaseCompleted, Counts: v1alpha1.UpdateCounts{Updated: 1, Kept: 1}, Objects: []v1alpha1.ObjectResult{kept, updated}},
		"partially-failed": {
			Phase: v1alpha1.PhasePartiallyFailed, Counts: v1alpha1.UpdateCounts{Updated: 1, Kept: 1, Failed: 1}, Objects: []v1alpha1.ObjectResult{failed, kept, updated},
			Pending: []string{"services/web"}, ErrorCount: 3, Errors: []string{"services/web: forbidden"},
		},
		"cut": {
			Phase: v1alpha1.PhaseFailed, Counts: v1alpha1.UpdateCounts{Failed: 20000}, Objects: []v1alpha1.ObjectResult{failed}, OmittedObjects: 19999,
			OmittedPending: 20000, BaseMissing: true,
		},
		"unchanged": {Phase: v1alpha1.PhaseCompleted},
	} {
		t.Run(name, func(t *testing.T) {
			update.From, update.StartTimestamp, update.CompletionTimestamp, update.Attempts = v1alpha1.RevisionContent{Backup: "pull-v1"}, &at, &at, 1
			record := &v1alpha1.BaselineRecord{
				ObjectMeta: metav1.ObjectMeta{Namespace: "pay-17", Name: "web"},
				Revision:   v1alpha1.RevisionContent{Backup: "pull-v2", SourceNamespace: "foo", Digest: "sha256:new"},
				Result:     v1alpha1.RestoreResult{Phase: v1alpha1.PhaseCompleted, Backup: "pull-v1", Digest: "sha256:old"},
				Update:     &update,
				Runs: []v1alpha1.RecordedRun{
					{Cause: v1alpha1.RunCauseRestore, Backup: "pull-v0", Phase: v1alpha1.PhaseCompleted, CompletionTimestamp: &at, Counts: v1alpha1.UpdateCounts{Created: 20}},
					{Cause: v1alpha1.RunCauseRollout, Backup: "pull-v1", Phase: v1alpha1.PhasePartiallyFailed, CompletionTimestamp: &at, Counts: v1alpha1.UpdateCounts{Failed: 1}},
				},
			}
			check.Golden(t, describeText(summarizeObject(record), false), "update", name, "describe.txt")
			check.Golden(t, describeText(summarizeObject(record), true), "update", name, "details.txt")
		})
	}
}

func TestDriftIsDescribed(t *testing.T) {
	record := &v1alpha1.BaselineRecord{
		ObjectMeta: metav1.ObjectMeta{Namespace: "pay-17", Name: "web"},
		Revision:   v1alpha1.RevisionContent{Backup: "pull-v2", SourceNamespace: "foo", Digest: "sha256:new"},
		Result:     v1alpha1.RestoreResult{Phase: v1alpha1.PhaseCompleted, Backup: "pull-v2", Digest: "sha256:new"},
		Drift: &v1alpha1.RecordedDrift{
			Count: 3,
			Objects: []v1alpha1.ObjectResult{
				{Object: "networkpolicies.networking.k8s.io/guard", Result: v1alpha1.ResultMissing},
				{Object: "secrets/pull", Result: v1alpha1.ResultChanged, Reason: "data.password was changed by kubectl-edit"},
			},
			Corrections: []v1alpha1.DriftCorrection{{Object: "configmaps/settings", Count: 2, Managers: "vpa-updater"}, {Object: "services/web", Count: 1}, {Object: "secrets/pull", Count: 3}},
		},
	}
	check.Golden(t, describeText(summarizeObject(record), false), "update", "drifted", "describe.txt")
}
