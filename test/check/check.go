// Package check compares results of tests with golden files and errors with parts of their messages.
package check

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Main runs the tests of a package whose golden files show times: in UTC.
func Main(m *testing.M) {
	flag.Parse()
	time.Local = time.UTC
	os.Exit(m.Run())
}

// Golden compares got with a file under testdata. With -update it writes the file.
func Golden(t *testing.T, got string, path ...string) {
	t.Helper()
	file := filepath.Join(append([]string{"testdata"}, path...)...)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs; when that is meant, run the test with -update (-want +got):\n%s", file, diff)
	}
}

// ReadYAML decodes a file under testdata and reports whether it exists.
func ReadYAML(t *testing.T, into any, path ...string) bool {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{"testdata"}, path...)...))
	if os.IsNotExist(err) {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(data, into); err != nil {
		t.Fatalf("%v: %v", path, err)
	}
	return true
}

// Error compares an error with a part of its message. An empty part requires that there is no error.
func Error(t *testing.T, err error, part string) {
	t.Helper()
	switch {
	case part == "" && err != nil:
		t.Fatalf("unexpected error: %v", err)
	case part != "" && err == nil:
		t.Fatalf("no error, want %q", part)
	case part != "" && !strings.Contains(err.Error(), part):
		t.Fatalf("error %q, want %q in it", err, part)
	}
}
