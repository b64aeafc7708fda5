package records

import (
	"slices"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// trimmedRuns replaces the runs of cached records, of which only the number is needed. All of them share it.
var trimmedRuns [v1alpha1.MaxRecordedRuns]v1alpha1.RecordedRun

// trimRuns removes the runs from a record that is cached, and keeps their number.
func trimRuns(record *v1alpha1.BaselineRecord) {
	record.Runs = trimmedRuns[:min(len(record.Runs), len(trimmedRuns))]
}

// isNextRun reports whether a record of this revision begins a run after that of the held one. Retries belong to the same run.
func isNextRun(held *v1alpha1.BaselineRecord, revision v1alpha1.RevisionContent) bool {
	before := held.HeldRevision().Hash
	return before != "" && before != revision.Hash
}

// nextRuns returns the runs of a record that replaces a whole one with this revision.
func nextRuns(held *v1alpha1.BaselineRecord, revision v1alpha1.RevisionContent) []v1alpha1.RecordedRun {
	if !isNextRun(held, revision) {
		return held.Runs
	}
	runs := append(slices.Clone(held.Runs), lastRun(held))
	return runs[max(0, len(runs)-v1alpha1.MaxRecordedRuns):]
}

// runOperations returns the operations that do the same to a cached record.
func runOperations(cached *v1alpha1.BaselineRecord, revision v1alpha1.RevisionContent) []manifest.Operation {
	switch count := len(cached.Runs); {
	case !isNextRun(cached, revision):
		return nil
	case count == 0:
		return []manifest.Operation{manifest.AddOperation("/runs", []v1alpha1.RecordedRun{lastRun(cached)})}
	case count >= v1alpha1.MaxRecordedRuns:
		return []manifest.Operation{manifest.RemoveOperation("/runs/0"), manifest.AddOperation("/runs/-", lastRun(cached))}
	default:
		return []manifest.Operation{manifest.AddOperation("/runs/-", lastRun(cached))}
	}
}

// lastRun returns the run that a record reports: its last update, or its restore.
func lastRun(record *v1alpha1.BaselineRecord) v1alpha1.RecordedRun {
	held := record.HeldRevision()
	run := v1alpha1.RecordedRun{RevisionHash: held.Hash, Backup: held.Backup}
	if update := record.Update; update != nil {
		run.Cause, run.Phase, run.CompletionTimestamp, run.Counts = v1alpha1.RunCauseRollout, update.Phase, update.CompletionTimestamp, update.Counts
		return run
	}
	counts := record.Result.Counts
	run.Cause, run.Phase, run.CompletionTimestamp = v1alpha1.RunCauseRestore, record.Result.Phase, record.Result.CompletionTimestamp
	run.Counts = v1alpha1.UpdateCounts{Updated: counts.Updated + counts.Unchanged, Created: counts.Created, Kept: counts.Kept, Failed: counts.Failed}
	return run
}
