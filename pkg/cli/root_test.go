package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"seedbed.dev/seedbed/test/check"
)

func TestPrintErrorIsALineEach(t *testing.T) {
	var out bytes.Buffer
	printError(&out, errors.Join(errors.New("one\ntwo\t\x1b[31mred"), fmt.Errorf("three: %w", errors.New("four"))))
	if got, want := out.String(), "error: one two ^[[31mred\nerror: three: four\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

// runTool runs the tool as a user does, without a configured cluster.
func runTool(t *testing.T, args ...string) (out, errOut string, code int) {
	t.Helper()
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "none"))
	root := newCommand("v1.2.3", "seedbed")
	var outBuffer, errBuffer bytes.Buffer
	root.SetOut(&outBuffer)
	root.SetErr(&errBuffer)
	root.SetIn(strings.NewReader(""))
	root.SetArgs(args)
	code = Run(root)
	return outBuffer.String(), errBuffer.String(), code
}

func TestProgramName(t *testing.T) {
	for path, want := range map[string]string{
		"/usr/local/bin/seedbed":          "seedbed",
		"./kubectl-seedbed":               "kubectl seedbed",
		"kubectl-seedbed.exe":             "kubectl seedbed",
		"/opt/renamed":                    "seedbed",
		"/opt/bin/kubectl-name_of_a_fork": "kubectl name-of-a-fork",
	} {
		if got := programName(path); got != want {
			t.Errorf("programName(%q): %q, want %q", path, got, want)
		}
	}
}

func TestPluginPrintsItsOwnName(t *testing.T) {
	root := newCommand("v1.2.3", "kubectl seedbed")
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetArgs([]string{"backup", "create", "--help"})
	if code := Run(root); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	for _, want := range []string{"\n  kubectl seedbed backup create [NAME] --include-namespaces", "\n  kubectl seedbed backup create foo --include"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

// Help is documentation: a change of it must show in a review.
func TestHelp(t *testing.T) {
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		path := strings.Fields(cmd.CommandPath())[1:]
		if len(path) > 0 && path[0] == "completion" { // cobra's own words
			return
		}
		t.Run(strings.Join(path, " "), func(t *testing.T) {
			out, errOut, code := runTool(t, append(path, "--help")...)
			if code != 0 || errOut != "" {
				t.Fatalf("exit code %d: %s", code, errOut)
			}
			check.Golden(t, out, "help", strings.Join(append([]string{"seedbed"}, path...), "-")+".txt")
		})
		for _, subcommand := range cmd.Commands() {
			walk(subcommand)
		}
	}
	walk(newCommand("v1.2.3", "seedbed"))
}

func TestHelpNeedsNoFlag(t *testing.T) {
	for name, args := range map[string][]string{"the tool": {}, "a group": {"backup"}} {
		t.Run(name, func(t *testing.T) {
			with, _, _ := runTool(t, append(args, "--help")...)
			topic, _, _ := runTool(t, append([]string{"help"}, args...)...)
			without, errOut, code := runTool(t, args...)
			if code != 0 || errOut != "" || without != with || topic != with {
				t.Errorf("exit code %d, error %q, help\n%s\nhelp TOPIC\n%s\n--help\n%s", code, errOut, without, topic, with)
			}
		})
	}
}

func TestVersion(t *testing.T) {
	out, errOut, code := runTool(t, "version", "--client-only")
	if code != 0 || errOut != "" {
		t.Fatalf("exit code %d: %s", code, errOut)
	}
	check.Golden(t, out, "version.txt")
}

func TestCompletionIsAScript(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		out, errOut, code := runTool(t, "completion", shell)
		if code != 0 || errOut != "" || !strings.Contains(out, "seedbed") {
			t.Errorf("%s: exit code %d, error %q, %d bytes", shell, code, errOut, len(out))
		}
	}
}

// Flags of a few words are completed with them. Without a cluster there are no names to complete.
func TestCompletion(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"words of a flag":        {args: []string{"baseline", "create", "x", "--enforcement", ""}, want: "optional\nrequired\n:4\n"},
		"formats":                {args: []string{"backup", "get", "-o", ""}, want: "table\nwide\nyaml\njson\nname\njsonpath=TEMPLATE\n:4\n"},
		"a name, no cluster":     {args: []string{"backup", "describe", ""}, want: ":4\n"},
		"a backup, no cluster":   {args: []string{"restore", "create", "x", "--from-backup", ""}, want: ":4\n"},
		"a baseline, no cluster": {args: []string{"fleet", "namespaces", "--baseline", ""}, want: ":4\n"},
		"a new name":             {args: []string{"backup", "create", ""}, want: ":4\n"},
	} {
		t.Run(name, func(t *testing.T) {
			out, _, code := runTool(t, append([]string{cobra.ShellCompNoDescRequestCmd}, test.args...)...)
			if code != 0 || out != test.want {
				t.Errorf("exit code %d, completed %q, want %q", code, out, test.want)
			}
		})
	}
}

func TestMissingKubeconfigIsNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kubeconfig")
	_, errOut, code := runTool(t, "backup", "get", "--kubeconfig", file)
	if want := "error: cannot tell which cluster to talk to: stat " + file + ": no such file or directory\n"; code != 1 || errOut != want {
		t.Errorf("exit code %d, error %q, want %q", code, errOut, want)
	}
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, errOut, code = runTool(t, "backup", "get", "--kubeconfig", file)
	if code != 1 || !strings.HasPrefix(errOut, "error: cannot tell which cluster to talk to: ") || strings.Count(errOut, "\n") != 1 {
		t.Errorf("exit code %d, error %q", code, errOut)
	}
}
