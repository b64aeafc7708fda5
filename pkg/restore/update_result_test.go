package restore

import (
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/plan"
)

var ignoreUpdateTimes = cmpopts.IgnoreFields(v1alpha1.RestoreUpdate{}, "StartTimestamp", "CompletionTimestamp")

// attemptWith returns an attempt of these results and reasons; failed objects are pending.
func attemptWith(results map[string]v1alpha1.Result, reasons map[string]string) *attempt {
	done := &attempt{results: results, reasons: reasons}
	done.counts.Total = int32(len(results))
	for key, result := range results {
		switch result {
		case v1alpha1.ResultCreated:
			done.counts.Created++
		case v1alpha1.ResultUpdated:
			done.counts.Updated++
		case v1alpha1.ResultUnchanged:
			done.counts.Unchanged++
		case v1alpha1.ResultDeleted:
			done.counts.Deleted++
		case v1alpha1.ResultKept:
			done.counts.Kept++
		case v1alpha1.ResultFailed:
			done.counts.Failed++
			done.pending, done.errors = append(done.pending, key), append(done.errors, key+": no")
		default:
		}
	}
	return done
}

func TestNextUpdateAddsAnAttemptToThoseBefore(t *testing.T) {
	from := v1alpha1.RevisionContent{Hash: "r1", Backup: "v1"}
	first := nextUpdate(&transition{Transition: &Transition{From: from}, deltas: []*plan.Delta{{}}}, attemptWith(map[string]v1alpha1.Result{
		"configmaps/a": v1alpha1.ResultUpdated, "configmaps/b": v1alpha1.ResultUnchanged, "secrets/c": v1alpha1.ResultKept, "secrets/d": v1alpha1.ResultFailed,
		"configmaps/e": v1alpha1.ResultDeleted,
	}, map[string]string{"secrets/c": "was deleted here", "secrets/d": "no"}), noon)
	want := &v1alpha1.RestoreUpdate{
		Phase: v1alpha1.PhasePartiallyFailed, From: from, Attempts: 1, Counts: v1alpha1.UpdateCounts{Updated: 2, Deleted: 1, Kept: 1, Failed: 1},
		Objects: []v1alpha1.ObjectResult{
			{Object: "secrets/d", Result: v1alpha1.ResultFailed, Reason: "no"}, {Object: "secrets/c", Result: v1alpha1.ResultKept, Reason: "was deleted here"},
			{Object: "configmaps/a", Result: v1alpha1.ResultUpdated}, {Object: "configmaps/b", Result: v1alpha1.ResultUnchanged},
			{Object: "configmaps/e", Result: v1alpha1.ResultDeleted},
		},
		Pending: []string{"secrets/d"}, Errors: []string{"secrets/d: no"}, ErrorCount: 1,
	}
	if diff := cmp.Diff(want, first, ignoreUpdateTimes, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the first attempt (-want +got):\n%s", diff)
	}
	second := nextUpdate(&transition{Transition: &Transition{From: from, Previous: first}, deltas: []*plan.Delta{{}}}, attemptWith(map[string]v1alpha1.Result{
		"secrets/d": v1alpha1.ResultUpdated,
	}, nil), noon)
	want.Phase, want.Attempts, want.Counts = v1alpha1.PhaseCompleted, 2, v1alpha1.UpdateCounts{Updated: 3, Deleted: 1, Kept: 1}
	want.Objects = []v1alpha1.ObjectResult{
		{Object: "secrets/c", Result: v1alpha1.ResultKept, Reason: "was deleted here"}, {Object: "configmaps/a", Result: v1alpha1.ResultUpdated},
		{Object: "configmaps/b", Result: v1alpha1.ResultUnchanged}, {Object: "configmaps/e", Result: v1alpha1.ResultDeleted},
		{Object: "secrets/d", Result: v1alpha1.ResultUpdated},
	}
	want.Pending, want.Errors, want.ErrorCount = nil, nil, 0
	if diff := cmp.Diff(want, second, ignoreUpdateTimes, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the second attempt (-want +got):\n%s", diff)
	}
}

// The pending objects of the first attempt are too many to be listed, so the second one tries all objects.
func TestAttemptAtAllObjectsCountsEachOnce(t *testing.T) {
	results := map[string]v1alpha1.Result{"configmaps/a": v1alpha1.ResultUpdated, "configmaps/b": v1alpha1.ResultKept}
	failing := func(result v1alpha1.Result) *attempt {
		all := maps.Clone(results)
		for i := range maxPendingBytes / 100 {
			all[fmt.Sprintf("configmaps/%0100d", i)] = result
		}
		return attemptWith(all, nil)
	}
	first := nextUpdate(&transition{Transition: &Transition{}}, failing(v1alpha1.ResultFailed), noon)
	if first.OmittedPending == 0 {
		t.Fatal("all pending objects are listed")
	}
	second := nextUpdate(&transition{Transition: &Transition{Previous: first}}, failing(v1alpha1.ResultUpdated), noon)
	if want := (v1alpha1.UpdateCounts{Updated: first.Counts.Failed + 1, Kept: 1}); second.Counts != want {
		t.Errorf("the counts of the update are %+v, want %+v", second.Counts, want)
	}

	task := &Task{}
	task.Previous = nextResult(task, &plan.Plan{}, failing(v1alpha1.ResultFailed), noon)
	before := task.Previous.Counts
	restored := nextResult(task, &plan.Plan{}, failing(v1alpha1.ResultCreated), noon)
	if want := (v1alpha1.RestoreCounts{Total: before.Total, Created: before.Failed, Updated: 1, Kept: 1}); restored.Counts != want {
		t.Errorf("the counts of the restore are %+v, want %+v", restored.Counts, want)
	}
}

func TestNextUpdateIsBounded(t *testing.T) {
	results := map[string]v1alpha1.Result{"secrets/last": v1alpha1.ResultKept}
	for i := range 2 * maxUpdateObjects {
		results[fmt.Sprintf("configmaps/a%03d", i)] = v1alpha1.ResultUpdated
	}
	update := nextUpdate(&transition{Transition: &Transition{}}, attemptWith(results, nil), noon)
	if len(update.Objects) != maxUpdateObjects || update.OmittedObjects != maxUpdateObjects+1 || update.Objects[0].Object != "secrets/last" || !update.BaseMissing {
		t.Errorf("%d objects are listed, %d omitted, the first is %s; base missing: %t", len(update.Objects), update.OmittedObjects, update.Objects[0], update.BaseMissing)
	}
}
