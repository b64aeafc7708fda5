package controller

import (
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/plan"
	"seedbed.dev/seedbed/pkg/restore"
)

// Bounds of what a result lists, in bytes of text. With 64 warnings and 64 errors a result stays below a third of the
// 1.5 MiB that etcd takes.
const (
	maxObjectsBytes = 128 << 10
	maxPendingBytes = 256 << 10
)

// nextResult returns the result after an attempt: pure but for the time.
func nextResult(task *restoreTask, plan *plan.Plan, outcome *restore.Outcome, began time.Time) v1alpha1.RestoreResult {
	result := beginResult(task, began)
	result.SourceNamespace = plan.Source
	result.Counts = addCounts(task.previous.Counts, outcome)
	merged := mergeObjects(task.previous.Objects, outcome)
	result.Objects = boundObjects(merged)
	// Those that earlier attempts had to omit are in no list any more, but they are counted.
	result.OmittedObjects = max(0, result.Counts.Total-int32(len(result.Objects))) //nolint:gosec // bounded by the archive's entries
	result.Pending, result.OmittedPending = boundPending(outcome.Pending)
	result.Warnings, result.WarningCount = mergeWarnings(&task.previous, outcome)
	result.Errors, result.ErrorCount = boundMessages(outcome.Errors)
	result.Phase = v1alpha1.PhaseCompleted
	if len(outcome.Pending) > 0 {
		result.Phase = v1alpha1.PhasePartiallyFailed
	}
	result.GuardsPending = !plan.Guarded(outcome.Pending)
	result.PodDefaults = plan.PodDefaults(keptIn(merged))
	return result
}

// failedResult returns the result of an attempt that found no plan.
func failedResult(task *restoreTask, began time.Time, err error) v1alpha1.RestoreResult {
	result := task.previous
	begun := beginResult(task, began)
	result.StartTimestamp, result.CompletionTimestamp, result.Attempts = begun.StartTimestamp, begun.CompletionTimestamp, begun.Attempts
	result.Backup, result.Phase = task.spec.Backup, v1alpha1.PhaseFailed
	result.Errors, result.ErrorCount = boundMessages([]string{err.Error()})
	return result
}

func beginResult(task *restoreTask, began time.Time) v1alpha1.RestoreResult {
	now := metav1.Now()
	result := v1alpha1.RestoreResult{
		StartTimestamp: task.previous.StartTimestamp, CompletionTimestamp: &now, Attempts: task.previous.Attempts + 1,
		Backup: task.spec.Backup, Digest: task.spec.Digest, Provisional: task.provisional,
	}
	if result.StartTimestamp == nil {
		result.StartTimestamp = &metav1.Time{Time: began}
	}
	return result
}

// addCounts adds an attempt to those before: what had failed was tried again, the rest was left alone.
func addCounts(before v1alpha1.RestoreCounts, outcome *restore.Outcome) v1alpha1.RestoreCounts {
	now := outcome.Counts
	if before.Total == 0 {
		return now
	}
	before.Created += now.Created
	before.Updated += now.Updated
	before.Unchanged += now.Unchanged
	before.Kept += now.Kept
	before.Failed = now.Failed
	return before
}

// mergeObjects puts an attempt's results over those of the attempts before, sorted by object.
func mergeObjects(before []v1alpha1.ObjectResult, outcome *restore.Outcome) []v1alpha1.ObjectResult {
	results := make(map[string]v1alpha1.Result, len(before)+len(outcome.Results)+len(outcome.Skipped))
	for i := range before {
		results[before[i].Object] = before[i].Result
	}
	for _, key := range outcome.Skipped {
		results[key] = v1alpha1.ResultSkipped
	}
	for key, result := range outcome.Results {
		results[key] = result
	}
	merged := make([]v1alpha1.ObjectResult, 0, len(results))
	for key, result := range results {
		merged = append(merged, v1alpha1.ObjectResult{Object: key, Result: result})
	}
	slices.SortFunc(merged, func(a, b v1alpha1.ObjectResult) int { return strings.Compare(a.Object, b.Object) })
	return merged
}

// jsonPerItem is what a list's item costs beside its text, in bytes: quotes and a comma.
const jsonPerItem = 3

func boundObjects(objects []v1alpha1.ObjectResult) []v1alpha1.ObjectResult {
	size := 0
	for i := range objects {
		if size += len(objects[i].String()) + jsonPerItem; size > maxObjectsBytes {
			return objects[:i:i]
		}
	}
	return objects
}

// boundPending returns no key where not all of them fit: the next attempt then looks at every object.
func boundPending(keys []string) (bounded []string, omitted int32) {
	size := 0
	for _, key := range keys {
		if size += len(key) + jsonPerItem; size > maxPendingBytes {
			return nil, int32(len(keys)) //nolint:gosec // bounded by the archive's entries
		}
	}
	return keys, 0
}

// mergeWarnings adds an attempt's warnings to those before. One that was cut from the list before may be counted twice; the
// count never falls.
func mergeWarnings(before *v1alpha1.RestoreResult, outcome *restore.Outcome) (bounded []string, count int32) {
	bounded, count = boundMessages(slices.Concat(before.Warnings, outcome.Warnings))
	count += int32(outcome.OmittedWarnings) //nolint:gosec // bounded by the archive's bytes
	return bounded, max(before.WarningCount, count)
}

// boundMessages returns messages fit to be listed, and how many different ones there are.
func boundMessages(messages []string) (bounded []string, count int32) {
	all := v1alpha1.SortMessages(messages)
	return all[:min(len(all), v1alpha1.MaxMessages)], int32(len(all)) //nolint:gosec // bounded by the archive's entries
}

// keptIn returns a function that reports of a key whether the results have it as kept. One that an earlier attempt had to
// omit may have been: then no Pod is to be refused for what it should bring.
func keptIn(objects []v1alpha1.ObjectResult) func(key string) bool {
	return func(key string) bool {
		i, found := slices.BinarySearchFunc(objects, key, func(o v1alpha1.ObjectResult, key string) int { return strings.Compare(o.Object, key) })
		return !found || objects[i].Result == v1alpha1.ResultKept
	}
}

// summarize returns a result in one line for people.
func summarize(result *v1alpha1.RestoreResult) string {
	c := result.Counts
	line := fmt.Sprintf("%d created, %d updated, %d unchanged, %d kept, %d skipped", c.Created, c.Updated, c.Unchanged, c.Kept, c.Skipped)
	if c.Failed > 0 {
		line += fmt.Sprintf(", %d failed", c.Failed)
	}
	if len(result.Errors) > 0 {
		line += "; first error: " + result.Errors[0]
	}
	return v1alpha1.Cut(line)
}
