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

// command runs a program in the cluster under test, as its user would, and gives what it prints.
func (w *world) command(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+w.cluster.Kubeconfig())
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// must runs a program and shows it in the test's log; it fails the test when the program does.
func (w *world) must(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := w.command(w.context(t), name, args...)
	t.Logf("$ %s %s\n%s", name, strings.Join(args, " "), out)
	if err != nil {
		t.Fatalf("%s %s: %v", name, args[0], err)
	}
	return out
}

// shell runs a command line that the environment gave, with further arguments, where `make` runs it.
func (w *world) shell(t *testing.T, line string, args ...string) {
	t.Helper()
	if err := w.tryShell(w.context(t), t, line, args...); err != nil {
		t.Fatalf("%s %s: %v", line, strings.Join(args, " "), err)
	}
}

// tryShell is shell for a command that may be tried again.
func (w *world) tryShell(ctx context.Context, t *testing.T, line string, args ...string) error {
	t.Helper()
	began := time.Now()
	cmd := exec.CommandContext(ctx, "sh", append([]string{"-c", line + ` "$@"`, "sh"}, args...)...)
	cmd.Dir, cmd.Env = w.root, append(os.Environ(), "KUBECONFIG="+w.cluster.Kubeconfig())
	out, err := cmd.CombinedOutput()
	t.Logf("$ %s %s (%s)\n%s", line, strings.Join(args, " "), time.Since(began).Round(time.Millisecond), out)
	return err
}

// says fails the test where a text lacks one of these.
func says(t *testing.T, text string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q: %s", want, text)
		}
	}
}
