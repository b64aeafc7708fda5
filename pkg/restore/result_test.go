package restore

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/plan"
)

// noon is the time of the attempts.
var noon = time.Date(2026, time.January, 1, 12, 0, 0, 0, time.UTC)

var ignoreTimes = cmpopts.IgnoreFields(v1alpha1.RestoreResult{}, "StartTimestamp", "CompletionTimestamp")

func TestNextResultAddsAnAttemptToThoseBefore(t *testing.T) {
	task := &Task{Spec: plan.Spec{Backup: "b", Digest: "d"}, Previous: v1alpha1.RestoreResult{
		Attempts: 1, Counts: v1alpha1.RestoreCounts{Total: 4, Created: 2, Skipped: 1, Failed: 1},
		Objects: []v1alpha1.ObjectResult{
			{Object: "configmaps/a", Result: v1alpha1.ResultCreated}, {Object: "configmaps/b", Result: v1alpha1.ResultCreated},
			{Object: "things.example.com/c", Result: v1alpha1.ResultFailed},
		},
		Pending: []string{"things.example.com/c"}, Warnings: []string{"configmaps/a: once"}, WarningCount: 1,
	}}
	outcome := &attempt{
		counts:  v1alpha1.RestoreCounts{Total: 2, Created: 1, Skipped: 1},
		results: map[string]v1alpha1.Result{"things.example.com/c": v1alpha1.ResultCreated}, skipped: []string{"leases.coordination.k8s.io/d"},
		warnings: []string{"configmaps/a: once", "things.example.com/c: twice"},
	}
	compiled := &plan.Plan{Source: "foo"}
	revision := compiled.Revision(nil)
	want := v1alpha1.RestoreResult{
		Phase: v1alpha1.PhaseCompleted, Attempts: 2, Backup: "b", Digest: "d", SourceNamespace: "foo",
		RevisionHash: revision.Hash, ContentDigest: revision.ContentDigest,
		Counts: v1alpha1.RestoreCounts{Total: 4, Created: 3, Skipped: 1},
		Objects: []v1alpha1.ObjectResult{
			{Object: "configmaps/a", Result: v1alpha1.ResultCreated}, {Object: "configmaps/b", Result: v1alpha1.ResultCreated},
			{Object: "leases.coordination.k8s.io/d", Result: v1alpha1.ResultSkipped}, {Object: "things.example.com/c", Result: v1alpha1.ResultCreated},
		},
		Warnings: []string{"configmaps/a: once", "things.example.com/c: twice"}, WarningCount: 2,
	}
	got := nextResult(task, compiled, outcome, noon)
	if diff := cmp.Diff(want, got, ignoreTimes, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

func TestNextResultIsPartiallyFailedWhileSomethingIsPending(t *testing.T) {
	outcome := &attempt{
		counts: v1alpha1.RestoreCounts{Total: 1, Failed: 1}, results: map[string]v1alpha1.Result{"configmaps/a": v1alpha1.ResultFailed},
		pending: []string{"configmaps/a"}, errors: []string{"configmaps/a: refused"},
	}
	got := nextResult(&Task{}, &plan.Plan{}, outcome, noon)
	if got.Phase != v1alpha1.PhasePartiallyFailed || !got.GuardsPending || got.ErrorCount != 1 {
		t.Errorf("phase %s, guardsPending %v, %d errors; want PartiallyFailed, true and 1", got.Phase, got.GuardsPending, got.ErrorCount)
	}
	if diff := cmp.Diff([]string{"configmaps/a"}, got.Pending); diff != "" {
		t.Error(diff)
	}
}

// longName returns a name as long as one may be.
func longName(i int) string { return fmt.Sprintf("%06d-", i) + strings.Repeat("x", 246) }

func TestNextResultIsBoundedInBytes(t *testing.T) {
	const objects = 7000
	outcome := &attempt{counts: v1alpha1.RestoreCounts{Total: objects, Failed: objects}, results: map[string]v1alpha1.Result{}}
	for i := range objects {
		key := "things.example.com/" + longName(i)
		outcome.results[key] = v1alpha1.ResultFailed
		outcome.pending = append(outcome.pending, key)
		outcome.errors = append(outcome.errors, key+": "+strings.Repeat("no ", 200))
		outcome.warnings = append(outcome.warnings, key+": "+strings.Repeat("odd ", 200))
	}
	got := nextResult(&Task{Spec: plan.Spec{Digest: "d"}}, &plan.Plan{}, outcome, noon)
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if limit := 512 << 10; len(text) > limit {
		t.Errorf("the result has %d bytes, more than %d", len(text), limit)
	}
	if got.Pending != nil || got.OmittedPending != objects || int(got.OmittedObjects)+len(got.Objects) != objects {
		t.Errorf("%d pending and %d omitted, %d objects and %d omitted; want none and %d, and %d in all",
			len(got.Pending), got.OmittedPending, len(got.Objects), got.OmittedObjects, objects, objects)
	}
	if got.ErrorCount != objects || got.WarningCount != objects || len(got.Errors) != v1alpha1.MaxMessages || len(got.Warnings) != v1alpha1.MaxMessages {
		t.Errorf("%d of %d errors, %d of %d warnings", len(got.Errors), got.ErrorCount, len(got.Warnings), got.WarningCount)
	}
	next := &Task{}
	next.Resume(&got)
	if keys := next.pendingKeys(); keys != nil {
		t.Errorf("the next attempt is about %d objects, want all", len(keys))
	}
}

func TestFailedResultKeepsTheAttemptsBefore(t *testing.T) {
	before := v1alpha1.RestoreResult{
		Attempts: 1, Backup: "b", Digest: "d", Counts: v1alpha1.RestoreCounts{Total: 2, Created: 1, Failed: 1}, Pending: []string{"configmaps/a"},
		Objects:  []v1alpha1.ObjectResult{{Object: "configmaps/a", Result: v1alpha1.ResultFailed}, {Object: "configmaps/b", Result: v1alpha1.ResultCreated}},
		Warnings: []string{"configmaps/b: odd"}, WarningCount: 1, Errors: []string{"configmaps/a: refused"}, ErrorCount: 1,
	}
	want := before
	want.Phase, want.Attempts, want.Errors = v1alpha1.PhaseFailed, 2, []string{"content is gone"}
	got := (&Task{Previous: before, Spec: plan.Spec{Backup: "b"}}).Fail(noon, errors.New("content is gone"))
	if diff := cmp.Diff(want, got, ignoreTimes); diff != "" {
		t.Error(diff)
	}
}

func TestKeptInCountsOmittedKeys(t *testing.T) {
	kept := keptIn([]v1alpha1.ObjectResult{
		{Object: "limitranges/mine", Result: v1alpha1.ResultKept}, {Object: "limitranges/theirs", Result: v1alpha1.ResultCreated},
	})
	for key, want := range map[string]bool{"limitranges/mine": true, "limitranges/theirs": false, "limitranges/omitted": true} {
		if kept(key) != want {
			t.Errorf("%s: kept is %v, want %v", key, !want, want)
		}
	}
}

// The cost of a result with 480,000 warnings: values of 12 ConfigMaps that name the source namespace.
func BenchmarkResultOfManyWarnings(b *testing.B) {
	outcome := &attempt{omittedWarnings: 480_000 - v1alpha1.MaxMessages}
	for i := range v1alpha1.MaxMessages {
		outcome.warnings = append(outcome.warnings, fmt.Sprintf("configmaps/warns-00: data.key%05d: still names the source namespace", i))
	}
	b.ReportAllocs()
	for b.Loop() {
		if result := nextResult(&Task{}, &plan.Plan{}, outcome, noon); result.WarningCount != 480_000 {
			b.Fatalf("%d warnings", result.WarningCount)
		}
	}
}
