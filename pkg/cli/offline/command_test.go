package offline

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/test/check"
)

// runTest runs the command. The output ends with its error or its exit code.
func runTest(t *testing.T, args ...string) string {
	t.Helper()
	cmd := NewCommand(factory.New("seedbed"))
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(io.Discard)
	cmd.SetArgs(append([]string{}, args...))
	err := cmd.ExecuteContext(t.Context())
	var code output.ExitCode
	switch {
	case errors.As(err, &code):
		fmt.Fprintf(&out, "exit code %d\n", int(code))
	case err != nil:
		fmt.Fprintf(&out, "error: %v\n", err)
	}
	return out.String()
}

// Each directory of testdata/suites is a set of suites, whose results are in testdata/output.
func TestSuites(t *testing.T) {
	entries, err := os.ReadDir("testdata/suites")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		t.Run(entry.Name(), func(t *testing.T) {
			dir := "testdata/suites/" + entry.Name()
			if flag.Lookup("update").Value.String() == "true" && entry.Name() == "passes" {
				runTest(t, dir, "--update")
			}
			check.Golden(t, runTest(t, dir), "output", entry.Name()+".txt")
		})
	}
}

func TestResultsInOtherFormats(t *testing.T) {
	junit := filepath.Join(t.TempDir(), "report.xml")
	printed := runTest(t, "testdata/suites", "-o", "json", "--run", "^(passes|fails/.*|damaged)/", "--junit", junit)
	check.Golden(t, printed, "output", "results.json")
	written, err := os.ReadFile(junit)
	if err != nil {
		t.Fatal(err)
	}
	check.Golden(t, string(written), "output", "junit.xml")
}

func TestArgumentsAreChecked(t *testing.T) {
	empty := t.TempDir()
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no directory":          {args: nil, want: "error: a DIR is missing: test DIR"},
		"two directories":       {args: []string{"a", "b"}, want: "error: one DIR at a time, 2 were given (a b)"},
		"missing directory":     {args: []string{"testdata/nowhere"}, want: "error: reading testdata/nowhere: no such file or directory\n"},
		"a file":                {args: []string{"doc.go"}, want: "error: doc.go is a file: name the directory of a suite, or one above it\n"},
		"no suite":              {args: []string{empty}, want: "error: " + empty + " has no suite: a suite is a directory with baselines.yaml (or baselines/), backups/ and cases/\n"},
		"no regular expression": {args: []string{"testdata/suites", "--run", "("}, want: "error: --run ( is no regular expression: "},
		"nothing to run":        {args: []string{"testdata/suites/passes", "--run", "gold"}, want: "error: --run gold matches none of the cases in testdata/suites/passes: they are matched as SUITE/CASE\n"},
		"format":                {args: []string{"testdata/suites/passes", "-o", "table"}, want: "error: -o table is not a format: use one of text, yaml, json\n"},
		"resources":             {args: []string{"testdata/suites/passes", "--resources", "none.yaml"}, want: "error: reading none.yaml: no such file"},
		"report":                {args: []string{"testdata/suites/passes", "--junit", empty}, want: "error: writing " + empty + ": is a directory\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := runTest(t, test.args...); !strings.Contains(got, test.want) {
				t.Errorf("printed %q, want %q", got, test.want)
			}
		})
	}
}

func TestRunSelectsCases(t *testing.T) {
	if got, want := runTest(t, "testdata/suites", "--run", "^passes/opts"), "ok    passes/opts-out\n1 passed, 0 failed\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

func TestResourcesMakeKindsKnown(t *testing.T) {
	dir := copySuite(t, "testdata/suites/unknown-kind")
	if got := runTest(t, dir, "--update", "--resources", "testdata/resources/kubectl.yaml"); !strings.HasSuffix(got, "0 passed, 1 updated, 0 failed\n") {
		t.Fatal(got)
	}
	written, err := os.ReadFile(filepath.Join(dir, "cases/one/expected.yaml"))
	if err != nil || !strings.Contains(string(written), "kind: Gadget") {
		t.Errorf("%v\n%s", err, written)
	}
}

// --update writes what differs and nothing else, and the next run passes. A checkout with the line ends of Windows is the same.
func TestUpdateWritesWhatDiffers(t *testing.T) {
	dir := copySuite(t, "testdata/suites/fails/below")
	name, path := filepath.Base(dir), filepath.Join(dir, "cases/one/expected.yaml")
	if got, want := runTest(t, dir, "--update"), fmt.Sprintf("wrote %s/one\n0 passed, 1 updated, 0 failed\n", name); got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
	written, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.ReplaceAll(written, []byte("\n"), []byte("\r\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{dir}, {dir, "--update"}} {
		if got, want := runTest(t, args...), fmt.Sprintf("ok    %s/one\n1 passed, 0 failed\n", name); got != want {
			t.Errorf("%v printed %q, want %q", args, got, want)
		}
	}
}

// A directory may be reached by a link, and be the present one. Hidden directories, and those of a suite, have no suites.
func TestDirectoriesAreFound(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{"team/web", ".git/web", "team/web/backups/copy", "team/web/cases/other"} {
		if err := os.CopyFS(filepath.Join(dir, path), os.DirFS("testdata/suites/fails/missing")); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if got := runTest(t, link, "--update", "--run", "one"); got != "wrote team/web/one\n0 passed, 1 updated, 0 failed\n" {
		t.Error(got)
	}
	t.Chdir(filepath.Join(dir, "team/web"))
	if got := runTest(t, ".", "--run", "one"); got != "ok    web/one\n1 passed, 0 failed\n" {
		t.Error(got)
	}
}

// copySuite returns a copy of a suite that the test may change.
func copySuite(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "suite")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}
