package restore

import (
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// maxUpdateObjects bounds the objects that an update lists.
const maxUpdateObjects = 64

// nextUpdate returns the update after an attempt. It is pure, except for the time.
func nextUpdate(t *transition, done *attempt, began time.Time) *v1alpha1.RestoreUpdate {
	update := beginUpdate(t.Transition, began)
	update.BaseMissing = t.isBaseMissing()
	before := t.Previous
	if before == nil {
		before = &v1alpha1.RestoreUpdate{}
	}
	update.Counts = addUpdateCounts(before, done)
	objects := rankObjects(mergeUpdated(before.Objects, done))
	update.Objects = objects[:min(len(objects), maxUpdateObjects)]
	counts := update.Counts
	update.OmittedObjects = counts.Updated + counts.Created + counts.Deleted + counts.Kept + counts.Failed - int32(len(update.Objects)) //nolint:gosec // at most maxUpdateObjects
	update.Pending, update.OmittedPending = boundPending(done.pending)
	update.Recreate, _ = boundPending(slices.DeleteFunc(slices.Clone(done.pending), func(key string) bool {
		return !t.isMissing(key) && !slices.Contains(done.recreate, key)
	}))
	update.Errors, update.ErrorCount = boundMessages(done.errors)
	update.Phase = v1alpha1.PhaseCompleted
	if len(done.pending) > 0 {
		update.Phase = v1alpha1.PhasePartiallyFailed
	}
	return update
}

func beginUpdate(t *Transition, began time.Time) *v1alpha1.RestoreUpdate {
	now := metav1.Now()
	update := &v1alpha1.RestoreUpdate{From: t.From, Superseded: t.Superseded, StartTimestamp: &metav1.Time{Time: began}, CompletionTimestamp: &now, Attempts: 1}
	if t.Previous != nil {
		update.Attempts += t.Previous.Attempts
		if t.Previous.StartTimestamp != nil {
			update.StartTimestamp = t.Previous.StartTimestamp
		}
	}
	return update
}

// addUpdateCounts adds an attempt's counts to those of the attempts before. Only objects that had failed were tried again, unless
// they were too many to be listed: then all were.
func addUpdateCounts(before *v1alpha1.RestoreUpdate, done *attempt) v1alpha1.UpdateCounts {
	counts := before.Counts
	if before.OmittedPending > 0 {
		counts = v1alpha1.UpdateCounts{}
	}
	counts.Updated += done.counts.Updated + done.counts.Unchanged
	counts.Created += done.counts.Created
	counts.Deleted += done.counts.Deleted
	counts.Kept += done.counts.Kept
	counts.Failed = done.counts.Failed
	return counts
}

// mergeUpdated puts an attempt's results over those of the attempts before, sorted by object.
func mergeUpdated(before []v1alpha1.ObjectResult, done *attempt) []v1alpha1.ObjectResult {
	merged := slices.DeleteFunc(slices.Clone(before), func(o v1alpha1.ObjectResult) bool { _, again := done.results[o.Object]; return again })
	for key, result := range done.results {
		merged = append(merged, v1alpha1.ObjectResult{Object: key, Result: result, Reason: v1alpha1.Cut(done.reasons[key])})
	}
	slices.SortFunc(merged, func(a, b v1alpha1.ObjectResult) int { return strings.Compare(a.Object, b.Object) })
	return merged
}

// rankObjects puts the objects that a person looks for first: failed ones, then kept ones.
func rankObjects(objects []v1alpha1.ObjectResult) []v1alpha1.ObjectResult {
	rank := func(o v1alpha1.ObjectResult) int {
		switch o.Result {
		case v1alpha1.ResultFailed:
			return 0
		case v1alpha1.ResultKept:
			return 1
		default:
			return 2
		}
	}
	slices.SortStableFunc(objects, func(a, b v1alpha1.ObjectResult) int { return rank(a) - rank(b) })
	return objects
}
