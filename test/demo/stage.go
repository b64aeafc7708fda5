package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"seedbed.dev/seedbed/test/cluster"
	"seedbed.dev/seedbed/test/seedbed"
)

// stepWithin bounds one command.
const stepWithin = time.Minute

// step is one command of the story with the checks of its output.
type step struct {
	// intro is printed before the command.
	intro string
	// run is the command, as a user types it.
	run string
	// want are texts that the output must contain; reject are texts that it must not.
	want, reject []string
	// fails is set if the command must be refused.
	fails bool
	// times names a namespace whose time from creation to BaselineReady is measured.
	times string
}

// storyRunner runs commands against the cluster.
type storyRunner struct {
	env          []string
	installation *seedbed.Installation
}

// newStoryRunner adds kubectl and seedbed to the PATH of the commands, and helm if it was built.
func newStoryRunner(installation *seedbed.Installation) (*storyRunner, error) {
	root, err := cluster.Root()
	if err != nil {
		return nil, err
	}
	bin := filepath.Join(installation.Dir, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		return nil, err
	}
	for name, target := range map[string]string{"kubectl": "controlplane", "seedbed": "seedbed", "kubectl-seedbed": "seedbed", "helm": "helm"} {
		if err := os.Symlink(filepath.Join(root, ".bin", target), filepath.Join(bin, name)); err != nil {
			return nil, err
		}
	}
	env := append(os.Environ(), "KUBECONFIG="+installation.Cluster.Kubeconfig(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	return &storyRunner{env: env, installation: installation}, nil
}

func (s *storyRunner) runSteps(ctx context.Context, steps []step) error {
	for _, step := range steps {
		if step.intro != "" {
			printParagraph("%s", step.intro)
		}
		if step.run == "" {
			continue
		}
		if err := s.runStep(ctx, step); err != nil {
			return fmt.Errorf("the step %q did not hold: %w", step.run, err)
		}
	}
	return nil
}

func (s *storyRunner) runStep(ctx context.Context, step step) error {
	ctx, cancel := context.WithTimeout(ctx, stepWithin)
	defer cancel()
	var timer *stopwatch
	if step.times != "" {
		var err error
		if timer, err = startStopwatch(ctx, s.installation, step.times); err != nil {
			return err
		}
	}
	fmt.Println(formatPrompt(step.run))
	output, err := s.runCommand(ctx, step)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := step.checkOutput(output, err); err != nil {
		return err
	}
	if timer != nil {
		took, err := timer.awaitReady(ctx)
		if err != nil {
			return err
		}
		fmt.Printf("    namespace %s: BaselineReady %d ms after it was created\n", step.times, took.Milliseconds())
	}
	return nil
}

func (s *storyRunner) runCommand(ctx context.Context, step step) (string, error) {
	var output bytes.Buffer
	shown := io.MultiWriter(&output, os.Stdout)
	command := exec.CommandContext(ctx, "bash", "-c", step.run)
	command.Env, command.Stdout, command.Stderr = s.env, shown, shown
	err := command.Run()
	return output.String(), err
}

func (s step) checkOutput(output string, err error) error {
	var exit *exec.ExitError
	switch {
	case err != nil && !errors.As(err, &exit):
		return err
	case err == nil && s.fails:
		return errors.New("it should have been refused")
	case err != nil && !s.fails:
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(output))
	}
	for _, want := range s.want {
		if !strings.Contains(output, want) {
			return fmt.Errorf("its output lacks %q", want)
		}
	}
	for _, reject := range s.reject {
		if strings.Contains(output, reject) {
			return fmt.Errorf("its output has %q", reject)
		}
	}
	return nil
}

// formatPrompt returns a command as a shell shows it: each line behind a prompt, and a here-document's lines behind
// another one.
func formatPrompt(command string) string {
	var out []string
	end := ""
	for line := range strings.SplitSeq(command, "\n") {
		if end != "" {
			out = append(out, "> "+line)
			if line == end {
				end = ""
			}
			continue
		}
		out = append(out, "$ "+line)
		if _, word, found := strings.Cut(line, "<<'"); found {
			end = strings.TrimSuffix(word, "'")
		}
	}
	return strings.Join(out, "\n")
}

func printParagraph(format string, args ...any) {
	fmt.Printf("\n# %s\n", fmt.Sprintf(format, args...))
}
