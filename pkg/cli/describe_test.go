package cli

import (
	"os"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// describedCases are the folders of testdata/describe that are about k, in order.
func describedCases(t *testing.T, k *kind) []string {
	t.Helper()
	entries, err := os.ReadDir("testdata/describe")
	if err != nil {
		t.Fatal(err)
	}
	var cases []string
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), k.noun+"-") {
			cases = append(cases, entry.Name())
		}
	}
	if len(cases) == 0 {
		t.Fatalf("no case describes a %s", k.noun)
	}
	return cases
}

// describedObject is the object of a case.
func describedObject(t *testing.T, k *kind, name string) client.Object {
	t.Helper()
	obj := k.newObject()
	if !readYAML(t, obj, "describe", name, "object.yaml") {
		t.Fatalf("%s has no object.yaml", name)
	}
	return obj
}

func TestDescribeBackup(t *testing.T) {
	for _, name := range describedCases(t, backupKind) {
		t.Run(name, func(t *testing.T) {
			backup := describedObject(t, backupKind, name).(*v1alpha1.BaselineBackup)
			checkGolden(t, backupText(backup, false), "describe", name, "describe.txt")
			checkGolden(t, backupText(backup, true), "describe", name, "details.txt")
		})
	}
}

func TestDescribeRestore(t *testing.T) {
	for _, name := range describedCases(t, restoreKind) {
		t.Run(name, func(t *testing.T) {
			restore := describedObject(t, restoreKind, name).(*v1alpha1.BaselineRestore)
			checkGolden(t, restoreText(restore, false), "describe", name, "describe.txt")
			checkGolden(t, restoreText(restore, true), "describe", name, "details.txt")
		})
	}
}

func TestDescribeRecord(t *testing.T) {
	for _, name := range describedCases(t, recordKind) {
		t.Run(name, func(t *testing.T) {
			record := describedObject(t, recordKind, name).(*v1alpha1.BaselineRecord)
			checkGolden(t, recordText(record, false), "describe", name, "describe.txt")
			checkGolden(t, recordText(record, true), "describe", name, "details.txt")
		})
	}
}

func TestDescribeBaseline(t *testing.T) {
	for _, name := range describedCases(t, baselineKind) {
		t.Run(name, func(t *testing.T) {
			baseline := describedObject(t, baselineKind, name).(*v1alpha1.Baseline)
			held := holders{unknown: "you may not list them"}
			var records v1alpha1.BaselineRecordList
			if readYAML(t, &records, "describe", name, "holders.yaml") {
				held.unknown = ""
				for i := range records.Items {
					held.records = append(held.records, &records.Items[i])
				}
			}
			checkGolden(t, baselineText(baseline, held, false), "describe", name, "describe.txt")
			checkGolden(t, baselineText(baseline, held, true), "describe", name, "details.txt")
		})
	}
}
