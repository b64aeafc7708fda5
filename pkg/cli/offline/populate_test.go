package offline

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// renderSuite returns the golden files of a suite's cases, from scratch.
func renderSuite(t *testing.T, dir string) map[string]string {
	t.Helper()
	table, err := newResourceTable(nil)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := loadSuite(dir, table)
	if err != nil {
		t.Fatal(err)
	}
	names, err := findCases(dir)
	if err != nil {
		t.Fatal(err)
	}
	rendered := map[string]string{}
	for _, name := range names {
		if rendered[name], err = renderCase(t.Context(), loaded, filepath.Join(dir, caseDir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return rendered
}

func TestResultsAreStable(t *testing.T) {
	first := renderSuite(t, "testdata/suites/passes")
	for range 5 {
		if diff := cmp.Diff(first, renderSuite(t, "testdata/suites/passes")); diff != "" {
			t.Fatal(diff)
		}
	}
}

// An archive gives the same objects as the manifests that it was made of.
func TestArchiveEqualsManifests(t *testing.T) {
	want := renderSuite(t, "testdata/suites/passes")
	dir := copySuite(t, "testdata/suites/passes")
	table, err := newResourceTable(nil)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := findBackups(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, path := range stored {
		content, err := stored.read(name, table)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, backupDir, name+".tar.gz"), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, renderSuite(t, dir)); diff != "" {
		t.Error(diff)
	}
}
