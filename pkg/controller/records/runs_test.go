package records

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/seal"
)

// recordOf returns a record of a revision after so many others, whose runs it has.
func recordOf(runs int) *v1alpha1.BaselineRecord {
	hash := func(i int) string { return fmt.Sprintf("r%d", i) }
	record := &v1alpha1.BaselineRecord{
		Revision: v1alpha1.RevisionContent{Hash: hash(runs), Backup: "backup-" + hash(runs), Digest: "sha256:1"},
		Update:   &v1alpha1.RestoreUpdate{Phase: v1alpha1.PhaseCompleted, Counts: v1alpha1.UpdateCounts{Updated: 2, Kept: 1}},
	}
	for i := range runs {
		record.Runs = append(record.Runs, v1alpha1.RecordedRun{RevisionHash: hash(i), Cause: v1alpha1.RunCauseRollout})
	}
	return record
}

// The patch of a cached record, which lacks its runs, makes the runs that a write of the whole record has.
func TestRunsAreBounded(t *testing.T) {
	for name, test := range map[string]struct {
		runs int
		hash string
		want int
	}{
		"the first update":  {0, "next", 1},
		"the second":        {1, "next", 2},
		"the last with all": {9, "next", 10},
		"the oldest leaves": {10, "next", 10},
		"a retry is no run": {3, "r3", 3},
	} {
		t.Run(name, func(t *testing.T) {
			whole := recordOf(test.runs)
			next := v1alpha1.RevisionContent{Hash: test.hash}
			got := nextRuns(whole, next)
			if len(got) != test.want {
				t.Fatalf("%d runs, want %d", len(got), test.want)
			}
			if last := got[len(got)-1]; test.hash == "next" && (last.RevisionHash != whole.Revision.Hash || last.Counts.Kept != 1) {
				t.Errorf("the last run is %+v", last)
			}
			if patched := patchRuns(t, whole, next); !slices.Equal(hashesOf(patched), hashesOf(got)) {
				t.Errorf("the patch makes %v, want %v", hashesOf(patched), hashesOf(got))
			}
		})
	}
}

// patchRuns returns the runs of a record after the patch that is made of its cached form.
func patchRuns(t *testing.T, whole *v1alpha1.BaselineRecord, next v1alpha1.RevisionContent) []v1alpha1.RecordedRun {
	t.Helper()
	stored, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	cached := whole.DeepCopy()
	TrimRecord(cached, seal.Good)
	operations := runOperations(cached, next)
	if operations == nil {
		return whole.Runs
	}
	encoded, err := json.Marshal(operations)
	if err != nil {
		t.Fatal(err)
	}
	patch, err := jsonpatch.DecodePatch(encoded)
	if err != nil {
		t.Fatal(err)
	}
	if stored, err = patch.Apply(stored); err != nil {
		t.Fatal(err)
	}
	patched := &v1alpha1.BaselineRecord{}
	if err := json.Unmarshal(stored, patched); err != nil {
		t.Fatal(err)
	}
	return patched.Runs
}

func hashesOf(runs []v1alpha1.RecordedRun) []string {
	var hashes []string
	for i := range runs {
		hashes = append(hashes, runs[i].RevisionHash)
	}
	return hashes
}
