//go:build e2e

package e2e

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// runCommand runs a program in the cluster under test, as its user would, and returns its output.
func (e *env) runCommand(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+e.cluster.Kubeconfig())
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// mustRun runs a program and logs its output; it fails the test if the program fails.
func (e *env) mustRun(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := e.runCommand(e.newContext(t), name, args...)
	t.Logf("$ %s %s\n%s", name, strings.Join(args, " "), out)
	if err != nil {
		t.Fatalf("%s %s: %v", name, args[0], err)
	}
	return out
}

// mustRunShell runs a command line from the environment, with further arguments, in the repository's top directory.
func (e *env) mustRunShell(t *testing.T, line string, args ...string) {
	t.Helper()
	if err := e.runShell(e.newContext(t), t, line, args...); err != nil {
		t.Fatalf("%s %s: %v", line, strings.Join(args, " "), err)
	}
}

// runShell is mustRunShell for a command that may be retried: it returns the error.
func (e *env) runShell(ctx context.Context, t *testing.T, line string, args ...string) error {
	t.Helper()
	began := time.Now()
	cmd := exec.CommandContext(ctx, "sh", append([]string{"-c", line + ` "$@"`, "sh"}, args...)...)
	cmd.Dir, cmd.Env = e.root, append(os.Environ(), "KUBECONFIG="+e.cluster.Kubeconfig())
	out, err := cmd.CombinedOutput()
	t.Logf("$ %s %s (%s)\n%s", line, strings.Join(args, " "), time.Since(began).Round(time.Millisecond), out)
	return err
}

// requireContains fails the test if a text lacks one of these.
func requireContains(t *testing.T, text string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			t.Errorf("text lacks %q: %s", want, text)
		}
	}
}
