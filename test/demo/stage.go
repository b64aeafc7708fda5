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

// step is one command of the story and what must be true of it.
type step struct {
	// tell is said before the command.
	tell string
	// run is the command, as a user types it.
	run string
	// want are texts that the output must hold; reject are texts that it must not.
	want, reject []string
	// fails says that the command must be refused.
	fails bool
	// times is a namespace to time from its creation to BaselineReady.
	times string
}

// stage runs commands against the cluster.
type stage struct {
	env          []string
	installation *seedbed.Installation
}

// newStage puts kubectl and seedbed on the PATH of the commands, and helm where it was built.
func newStage(installation *seedbed.Installation) (*stage, error) {
	root, err := cluster.Root()
	if err != nil {
		return nil, err
	}
	bin := filepath.Join(installation.Dir, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil { //nolint:gosec // programs, for whoever runs the demo
		return nil, err
	}
	for name, target := range map[string]string{"kubectl": "controlplane", "seedbed": "seedbed", "kubectl-seedbed": "seedbed", "helm": "helm"} {
		if err := os.Symlink(filepath.Join(root, ".bin", target), filepath.Join(bin, name)); err != nil {
			return nil, err
		}
	}
	env := append(os.Environ(), "KUBECONFIG="+installation.Cluster.Kubeconfig(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	return &stage{env: env, installation: installation}, nil
}

func (s *stage) play(ctx context.Context, steps []step) error {
	for _, step := range steps {
		if step.tell != "" {
			say("%s", step.tell)
		}
		if step.run == "" {
			continue
		}
		if err := s.one(ctx, step); err != nil {
			return fmt.Errorf("the step %q did not hold: %w", step.run, err)
		}
	}
	return nil
}

func (s *stage) one(ctx context.Context, step step) error {
	ctx, cancel := context.WithTimeout(ctx, stepWithin)
	defer cancel()
	var timer *stopwatch
	if step.times != "" {
		var err error
		if timer, err = startStopwatch(ctx, s.installation, step.times); err != nil {
			return err
		}
	}
	fmt.Println(prompted(step.run))
	output, err := s.command(ctx, step)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := step.check(output, err); err != nil {
		return err
	}
	if timer != nil {
		took, err := timer.wait(ctx)
		if err != nil {
			return err
		}
		fmt.Printf("    namespace %s: BaselineReady %d ms after it was created\n", step.times, took.Milliseconds())
	}
	return nil
}

func (s *stage) command(ctx context.Context, step step) (string, error) {
	var output bytes.Buffer
	shown := io.MultiWriter(&output, os.Stdout)
	command := exec.CommandContext(ctx, "bash", "-c", step.run) //nolint:gosec // the story's own commands
	command.Env, command.Stdout, command.Stderr = s.env, shown, shown
	err := command.Run()
	return output.String(), err
}

func (s step) check(output string, err error) error {
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

// prompted shows a command as a shell does: each line behind a prompt, and what a here-document holds behind
// another one.
func prompted(command string) string {
	var out []string
	end := ""
	for _, line := range strings.Split(command, "\n") {
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

func say(format string, args ...any) {
	fmt.Printf("\n# %s\n", fmt.Sprintf(format, args...))
}
