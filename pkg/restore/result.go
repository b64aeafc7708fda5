package restore

import (
	"maps"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/plan"
)

// Bounds of a result's lists, in bytes of text. With 64 warnings and 64 errors a result stays below a third of the 1.5 MiB that
// etcd accepts.
const (
	maxObjectsBytes = 128 << 10
	maxPendingBytes = 256 << 10
)

// nextResult returns the result after an attempt. It is pure, except for the time.
func nextResult(task *Task, compiled *plan.Plan, done *attempt, began time.Time) v1alpha1.RestoreResult {
	result := beginResult(task, began)
	result.SourceNamespace = compiled.Source
	revision := compiled.Revision(task.Metadata)
	result.RevisionHash, result.ContentDigest = revision.Hash, revision.ContentDigest
	result.Counts = addCounts(&task.Previous, done.counts)
	merged := mergeObjects(task.Previous.Objects, done)
	result.Objects = boundObjects(merged)
	// Objects that earlier attempts omitted are in no list any more, but they are counted.
	result.OmittedObjects = max(0, result.Counts.Total-int32(len(result.Objects))) //nolint:gosec // bounded by the archive's entries
	result.Pending, result.OmittedPending = boundPending(done.pending)
	result.Warnings, result.WarningCount = mergeWarnings(&task.Previous, done)
	result.Errors, result.ErrorCount = boundMessages(done.errors)
	result.Phase = v1alpha1.PhaseCompleted
	if len(done.pending) > 0 {
		result.Phase = v1alpha1.PhasePartiallyFailed
	}
	result.AwaitsLabels = done.awaitsLabels
	result.GuardsPending = !compiled.Guarded(done.pending)
	result.PodDefaults = compiled.PodDefaults(keptIn(merged))
	return result
}

// Fail returns the result of an attempt that was refused, or that found no plan.
func (t *Task) Fail(began time.Time, err error) v1alpha1.RestoreResult {
	result := t.Previous
	begun := beginResult(t, began)
	result.StartTimestamp, result.CompletionTimestamp, result.Attempts = begun.StartTimestamp, begun.CompletionTimestamp, begun.Attempts
	result.Backup, result.Phase = t.Spec.Backup, v1alpha1.PhaseFailed
	result.Errors, result.ErrorCount = boundMessages([]string{err.Error()})
	return result
}

func beginResult(task *Task, began time.Time) v1alpha1.RestoreResult {
	now := metav1.Now()
	result := v1alpha1.RestoreResult{
		StartTimestamp: task.Previous.StartTimestamp, CompletionTimestamp: &now, Attempts: task.Previous.Attempts + 1,
		Backup: task.Spec.Backup, Digest: task.Spec.Digest, Provisional: task.Provisional,
	}
	if result.StartTimestamp == nil {
		result.StartTimestamp = &metav1.Time{Time: began}
	}
	return result
}

// addCounts adds an attempt's counts to those of the attempts before. Only objects that had failed were tried again, unless they
// were too many to be listed: then all were.
func addCounts(before *v1alpha1.RestoreResult, now v1alpha1.RestoreCounts) v1alpha1.RestoreCounts {
	counts := before.Counts
	if counts.Total == 0 || before.OmittedPending > 0 {
		return now
	}
	counts.Created += now.Created
	counts.Updated += now.Updated
	counts.Unchanged += now.Unchanged
	counts.Kept += now.Kept
	counts.Failed = now.Failed
	return counts
}

// mergeObjects puts an attempt's results over those of the attempts before, sorted by object.
func mergeObjects(before []v1alpha1.ObjectResult, done *attempt) []v1alpha1.ObjectResult {
	results := make(map[string]v1alpha1.Result, len(before)+len(done.results)+len(done.skipped))
	for i := range before {
		results[before[i].Object] = before[i].Result
	}
	for _, key := range done.skipped {
		results[key] = v1alpha1.ResultSkipped
	}
	maps.Copy(results, done.results)
	merged := make([]v1alpha1.ObjectResult, 0, len(results))
	for key, result := range results {
		merged = append(merged, v1alpha1.ObjectResult{Object: key, Result: result})
	}
	slices.SortFunc(merged, func(a, b v1alpha1.ObjectResult) int { return strings.Compare(a.Object, b.Object) })
	return merged
}

// jsonPerItem is the size of a list's item beside its text, in bytes: quotes and a comma.
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

// boundPending returns all keys, or none if they do not fit. The next attempt then tries every object.
func boundPending(keys []string) (bounded []string, omitted int32) {
	size := 0
	for _, key := range keys {
		if size += len(key) + jsonPerItem; size > maxPendingBytes {
			return nil, int32(len(keys)) //nolint:gosec // bounded by the archive's entries
		}
	}
	return keys, 0
}

// mergeWarnings adds an attempt's warnings to those before. A warning that was cut from the list before may be counted twice. The
// count never falls.
func mergeWarnings(before *v1alpha1.RestoreResult, done *attempt) (bounded []string, count int32) {
	bounded, count = boundMessages(slices.Concat(before.Warnings, done.warnings))
	count += int32(done.omittedWarnings) //nolint:gosec // bounded by the archive's bytes
	return bounded, max(before.WarningCount, count)
}

// boundMessages returns the messages to list, and the number of different ones.
func boundMessages(messages []string) (bounded []string, count int32) {
	all := v1alpha1.SortMessages(messages)
	return all[:min(len(all), v1alpha1.MaxMessages)], int32(len(all)) //nolint:gosec // bounded by the archive's entries
}

// keptIn returns a function that reports whether the results have a key as kept. It reports true for a key that an earlier attempt
// omitted, because that may have been kept: no Pod is refused for lacking its defaults.
func keptIn(objects []v1alpha1.ObjectResult) func(key string) bool {
	return func(key string) bool {
		i, found := slices.BinarySearchFunc(objects, key, func(o v1alpha1.ObjectResult, key string) int { return strings.Compare(o.Object, key) })
		return !found || objects[i].Result == v1alpha1.ResultKept
	}
}
