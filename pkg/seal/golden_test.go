package seal

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

var update = flag.Bool("update", false, "write the golden records that are missing; those that exist are in clusters and never change")

// goldenKeys are the keys of the golden records.
var goldenKeys = &Keys{current: bytes.Repeat([]byte{7}, keyLength)}

// goldenRecords are stored as testdata/NAME.json with the seal of the version that made them.
func goldenRecords() map[string]*v1alpha1.BaselineRecord {
	at := func(second int) *metav1.Time {
		return &metav1.Time{Time: time.Date(2026, 1, 2, 3, 4, second, 0, time.UTC)}
	}
	revision := func(digit string) v1alpha1.RevisionContent {
		return v1alpha1.RevisionContent{
			Hash: digit, Backup: "foo-" + digit, Digest: "sha256:" + digit, SourceNamespace: "foo", Mapping: v1alpha1.MappingReferences, ContentDigest: "sha256:c" + digit,
		}
	}
	meta := metav1.ObjectMeta{
		Namespace: "bar", Name: "web", CreationTimestamp: *at(5),
		OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Namespace", Name: "bar", UID: "b1946ac9-2c1e-4d5b-8f1e-3f0c5e7a1d22"}},
	}
	return map[string]*v1alpha1.BaselineRecord{
		"v1-full": {ObjectMeta: meta, Result: v1alpha1.RestoreResult{
			Phase: v1alpha1.PhasePartiallyFailed, StartTimestamp: at(5), CompletionTimestamp: at(6), Attempts: 2,
			Backup: "foo-svc", SourceNamespace: "foo", Digest: "sha256:0123",
			Counts:         v1alpha1.RestoreCounts{Total: 21, Created: 1, Updated: 2, Unchanged: 3, Kept: 4, Skipped: 5, Failed: 6},
			Objects:        []v1alpha1.ObjectResult{{Object: "services/a", Result: v1alpha1.ResultCreated}, {Object: "secrets/b", Result: v1alpha1.ResultFailed, Reason: "a < b & \"c\""}},
			OmittedObjects: 7, Pending: []string{"secrets/<b>&"}, OmittedPending: 8, GuardsPending: true,
			PodDefaults:  &v1alpha1.PodDefaults{PullSecretAccounts: []string{"default"}, Limits: []string{"cpu"}, Requests: []string{"memory"}},
			WarningCount: 9, Warnings: []string{"services/a: clusterIP: ü\u2028"}, ErrorCount: 10, Errors: []string{"secrets/b: refused"},
		}},
		"v1-provisional": {ObjectMeta: meta, Result: v1alpha1.RestoreResult{Phase: v1alpha1.PhaseCompleted, Attempts: 1, Provisional: true}},
		"v1-revision": {ObjectMeta: meta, Result: v1alpha1.RestoreResult{
			Phase: v1alpha1.PhaseCompleted, Digest: "sha256:0123", RevisionHash: "0123456789abcdef", ContentDigest: "sha256:4567",
		}},
		"v1-update": {
			ObjectMeta: meta, Revision: revision("2"), Result: v1alpha1.RestoreResult{Phase: v1alpha1.PhaseCompleted},
			Update: &v1alpha1.RestoreUpdate{
				Phase: v1alpha1.PhasePartiallyFailed, From: revision("1"), Superseded: []v1alpha1.RevisionContent{revision("0")},
				StartTimestamp: at(7), CompletionTimestamp: at(8), Attempts: 2,
				Counts:         v1alpha1.UpdateCounts{Updated: 1, Created: 2, Kept: 3, Failed: 4},
				Objects:        []v1alpha1.ObjectResult{{Object: "secrets/b", Result: v1alpha1.ResultKept, Reason: "data.<a>&b was changed"}},
				OmittedObjects: 5, Pending: []string{"secrets/<b>&"}, OmittedPending: 6, Recreate: []string{"secrets/<b>&"}, BaseMissing: true, ErrorCount: 7, Errors: []string{"secrets/b: refused"},
			},
		},
		"v1-pruned": {
			ObjectMeta: meta, Revision: revision("2"),
			Result: v1alpha1.RestoreResult{Phase: v1alpha1.PhaseCompleted, Counts: v1alpha1.RestoreCounts{Total: 1, Deleted: 1}},
			Update: &v1alpha1.RestoreUpdate{Phase: v1alpha1.PhaseCompleted, From: revision("1"), Counts: v1alpha1.UpdateCounts{Deleted: 2}},
		},
		"v1-drift": {
			ObjectMeta: meta, Revision: revision("2"), Result: v1alpha1.RestoreResult{Phase: v1alpha1.PhaseCompleted},
			Drift: &v1alpha1.RecordedDrift{
				ObservedTimestamp: *at(9), Count: 1, Objects: []v1alpha1.ObjectResult{{Object: "secrets/b", Result: v1alpha1.ResultChanged, Reason: "data.<a>&b was changed"}},
				Corrections: []v1alpha1.DriftCorrection{{Object: "secrets/b", Count: 3, Managers: "vpa-updater"}}, Hash: "0123456789abcdef",
			},
		},
		"v1-values": {
			ObjectMeta: meta, Revision: withValues(revision("2")), Result: v1alpha1.RestoreResult{Phase: v1alpha1.PhaseCompleted, AwaitsLabels: true},
			Update: &v1alpha1.RestoreUpdate{Phase: v1alpha1.PhaseCompleted, From: withValues(revision("1")), Superseded: []v1alpha1.RevisionContent{withValues(revision("0"))}},
		},
		"v1-least": {ObjectMeta: meta, Result: v1alpha1.RestoreResult{Phase: v1alpha1.PhaseCompleted}},
	}
}

func withValues(revision v1alpha1.RevisionContent) v1alpha1.RevisionContent {
	revision.ValuesHash, revision.LeftOut = "fedcba9876543210", []string{"secrets/<b>&"}
	return revision
}

// Records that an earlier version sealed must verify. When this fails, an upgrade would make every record a forgery: restore the
// bytes, or add another sealVersion and keep verifying this one.
func TestGoldenRecordsVerify(t *testing.T) {
	for name, record := range goldenRecords() {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("testdata", name+".json")
			if _, err := os.Stat(path); *update && errors.Is(err, fs.ErrNotExist) {
				writeGolden(t, path, record)
			}
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			read := &v1alpha1.BaselineRecord{}
			if err := json.Unmarshal(content, read); err != nil {
				t.Fatal(err)
			}
			if verdict := goldenKeys.Verify(read); verdict != Good {
				t.Errorf("as it was stored: %s", verdict)
			}
			record.Seal = read.Seal
			if verdict := goldenKeys.Verify(record); verdict != Good {
				t.Errorf("as it would be sealed now: %s", verdict)
			}
		})
	}
}

func writeGolden(t *testing.T, path string, record *v1alpha1.BaselineRecord) {
	t.Helper()
	if err := goldenKeys.Seal(record); err != nil {
		t.Fatal(err)
	}
	content, err := json.MarshalIndent(record, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(content, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A field that no golden record has could change its bytes unnoticed: add it to a record of a new name.
func TestGoldenRecordsHaveEveryField(t *testing.T) {
	set := map[string]bool{}
	for _, record := range goldenRecords() {
		collectFields(reflect.ValueOf(record.Result), "result", set)
		collectFields(reflect.ValueOf(record.Revision), "revision", set)
		collectFields(reflect.ValueOf(record.Update), "update", set)
	}
	for path, isSet := range set {
		if !isSet {
			t.Errorf("no golden record has %s", path)
		}
	}
}

// collectFields adds the path of each field below a value. set reports whether the field is set.
func collectFields(value reflect.Value, path string, set map[string]bool) {
	switch value.Kind() { //nolint:exhaustive // the other kinds have no fields
	case reflect.Pointer:
		if !value.IsNil() {
			collectFields(value.Elem(), path, set)
		}
	case reflect.Slice:
		for i := range value.Len() {
			collectFields(value.Index(i), path, set)
		}
	case reflect.Struct:
		for i := range value.NumField() {
			if field := value.Type().Field(i); field.IsExported() {
				collectFields(value.Field(i), path+"."+field.Name, set)
			}
		}
	}
	set[path] = set[path] || !value.IsZero()
}
