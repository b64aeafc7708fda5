package offline

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The example passes, and the README shows it as it is: the results, the first document of a golden file, and the diff of a change.
func TestReadmeShowsExample(t *testing.T) {
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	if err := os.CopyFS(filepath.Join(root, "examples/test"), os.DirFS("../../../examples/test")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(root)
	shows := func(name, text string) {
		if !strings.Contains(string(readme), "```\n"+text+"```\n") {
			t.Errorf("README.md does not show %s:\n%s", name, text)
		}
	}
	shows("the results", runTest(t, "examples/test"))
	golden, err := os.ReadFile("examples/test/cases/web-tenant/expected.yaml")
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(golden), "---\n")
	if !strings.Contains(string(readme), "```yaml\n"+head+"```\n") {
		t.Errorf("README.md does not show the head of a golden file:\n%s", head)
	}
	guard, err := os.ReadFile("examples/test/backups/guard-1.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("examples/test/backups/guard-1.yaml", bytes.Replace(guard, []byte("[Ingress]"), []byte("[Egress]"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	shows("a failure", strings.TrimSuffix(runTest(t, "examples/test", "--run", "web-tenant"), "exit code 1\n"))
}
