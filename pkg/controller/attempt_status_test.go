package controller

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/restore"
)

func TestNextStatusAddsAnAttemptToThoseBefore(t *testing.T) {
	before := v1alpha1.BaselineRestoreStatus{
		Attempts: 1, Counts: v1alpha1.RestoreCounts{Total: 4, Created: 2, Skipped: 1, Failed: 1},
		Items: []v1alpha1.ResourceResult{
			{Resource: "configmaps", Objects: []string{"a: created", "b: created"}},
			{Resource: "things.example.com", Objects: []string{"c: failed"}},
		},
		Pending: []string{"things.example.com/c"}, Warnings: []string{"configmaps/a: once"}, WarningCount: 1,
	}
	outcome := &restore.Outcome{
		Counts:  v1alpha1.RestoreCounts{Total: 2, Created: 1, Skipped: 1},
		Results: map[string]restore.Result{"things.example.com/c": "created"}, Skipped: []string{"leases.coordination.k8s.io/d"},
		Warnings: []string{"configmaps/a: once", "things.example.com/c: twice"},
	}
	w := work{record: &v1alpha1.BaselineRestore{Status: before}, spec: restore.Spec{Backup: "b", Digest: "d"}}
	got := nextStatus(w, &restore.Plan{Source: "foo"}, outcome, time.Now())

	if phase := phaseOf(got.Conditions); phase != v1alpha1.PhaseCompleted {
		t.Errorf("phase %s, want Completed", phase)
	}
	if diff := cmp.Diff(v1alpha1.RestoreCounts{Total: 4, Created: 3, Skipped: 1}, got.Counts); diff != "" {
		t.Errorf("counts: %s", diff)
	}
	wantItems := []v1alpha1.ResourceResult{
		{Resource: "configmaps", Objects: []string{"a: created", "b: created"}},
		{Resource: "leases.coordination.k8s.io", Objects: []string{"d: skipped"}},
		{Resource: "things.example.com", Objects: []string{"c: created"}},
	}
	if diff := cmp.Diff(wantItems, got.Items); diff != "" {
		t.Errorf("items: %s", diff)
	}
	if diff := cmp.Diff([]string{"configmaps/a: once", "things.example.com/c: twice"}, got.Warnings); diff != "" || got.WarningCount != 2 {
		t.Errorf("warnings (%d): %s", got.WarningCount, diff)
	}
	if got.Attempts != 2 || len(got.Pending) != 0 || got.Backup != "b" || got.Digest != "d" || got.SourceNamespace != "foo" {
		t.Errorf("status: %+v", got)
	}
}

func TestNextStatusIsPartiallyFailedWhileSomethingIsPending(t *testing.T) {
	outcome := &restore.Outcome{
		Counts: v1alpha1.RestoreCounts{Total: 1, Failed: 1}, Results: map[string]restore.Result{"configmaps/a": "failed"},
		Pending: []string{"configmaps/a"}, Errors: []string{"configmaps/a: refused"},
	}
	got := nextStatus(work{record: &v1alpha1.BaselineRestore{}}, &restore.Plan{}, outcome, time.Now())
	if phase := phaseOf(got.Conditions); phase != v1alpha1.PhasePartiallyFailed {
		t.Errorf("phase %s, want PartiallyFailed", phase)
	}
	if diff := cmp.Diff([]string{"configmaps/a"}, got.Pending); diff != "" {
		t.Error(diff)
	}
}

func TestNextStatusStartsOverWhenTooMuchIsPendingToName(t *testing.T) {
	outcome := &restore.Outcome{}
	for i := range maxPending + 1 {
		outcome.Pending = append(outcome.Pending, fmt.Sprintf("configmaps/%d", i))
	}
	got := nextStatus(work{record: &v1alpha1.BaselineRestore{}, spec: restore.Spec{Digest: "d"}}, &restore.Plan{}, outcome, time.Now())
	if got.Pending != nil || got.Digest != "" || phaseOf(got.Conditions) != v1alpha1.PhasePartiallyFailed {
		t.Errorf("%d pending, digest %q, phase %s; want none, none and PartiallyFailed", len(got.Pending), got.Digest, phaseOf(got.Conditions))
	}
}

func TestBoundedCutsLongListsAndSaysSo(t *testing.T) {
	lines := map[string]map[string]string{"configmaps": {}}
	for i := range maxObjectsPerResource + 10 {
		lines["configmaps"][fmt.Sprintf("%04d", i)] = "created"
	}
	objects := bounded(lines)[0].Objects
	if len(objects) != maxObjectsPerResource || objects[len(objects)-1] != "and 11 more" {
		t.Errorf("%d lines, the last %q", len(objects), objects[len(objects)-1])
	}
}

func TestFailedStatusForgetsNothingOfTheAttemptsBefore(t *testing.T) {
	before := v1alpha1.BaselineRestoreStatus{
		Attempts: 1, Digest: "d", Counts: v1alpha1.RestoreCounts{Total: 2, Created: 1, Failed: 1}, Pending: []string{"configmaps/a"},
		Items:    []v1alpha1.ResourceResult{{Resource: "configmaps", Objects: []string{"a: failed", "b: created"}}},
		Warnings: []string{"configmaps/b: odd"}, WarningCount: 1, Errors: []string{"configmaps/a: refused"},
	}
	got := failedStatus(work{record: &v1alpha1.BaselineRestore{Status: before}}, time.Now(), errors.New("content is gone"))
	if phase := phaseOf(got.Conditions); phase != v1alpha1.PhaseFailed || got.Attempts != 2 || got.Errors[0] != "content is gone" {
		t.Errorf("phase %s after %d attempts: %v", phase, got.Attempts, got.Errors)
	}
	kept := before
	kept.Conditions, kept.Attempts, kept.Errors = got.Conditions, got.Attempts, got.Errors
	kept.StartTimestamp, kept.CompletionTimestamp = got.StartTimestamp, got.CompletionTimestamp
	if diff := cmp.Diff(kept, got); diff != "" {
		t.Error(diff)
	}
}
