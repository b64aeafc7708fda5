// Command demo plays Seedbed's story on a real API server: every command is printed before its output, and
// every step is checked.
//
// It starts the test control plane on loopback and the controller beside it. Afterwards both stay up until
// Ctrl-C; with ONCE=1 in the environment it ends by itself, with exit code 0 only if every step held.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"seedbed.dev/seedbed/test/cluster"
	"seedbed.dev/seedbed/test/seedbed"
)

// startWithin bounds starting the control plane and the controller on a slow machine.
const startWithin = 3 * time.Minute

// controllerFlags suit one controller on a machine that is busy with other things: nothing starts it again if it loses its lease.
var controllerFlags = []string{"--log-format=text", "--leader-elect-lease-duration=1m"}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM) //nolint:forbidigo // the process's own
	afterwards := stayUp
	if os.Getenv("ONCE") == "1" {
		afterwards = endNow
	}
	err := runStory(ctx, afterwards)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// runStory plays the story, and then calls afterwards while the cluster is up.
func runStory(ctx context.Context, afterwards func(context.Context, *storyRunner) error) (err error) {
	began := time.Now()
	starting, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	c, err := cluster.Start(starting, cluster.Options{})
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, c.Stop()) }()
	printParagraph("A Kubernetes API server is up after %s.", time.Since(began).Round(100*time.Millisecond))

	began = time.Now()
	installation, err := seedbed.Install(starting, c)
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, installation.Close()) }()
	controller, err := installation.Start(starting, controllerFlags...)
	if err != nil {
		return err
	}
	if err := installation.AwaitWebhooks(starting); err != nil {
		return fmt.Errorf("the webhooks are not called: %w", err)
	}
	printParagraph("Seedbed is installed and running after %s.", time.Since(began).Round(100*time.Millisecond))

	runner, err := newStoryRunner(installation)
	if err != nil {
		return err
	}
	if err := runner.runSteps(ctx, storySteps()); err != nil {
		return fmt.Errorf("%w (the controller's log: %s)", err, controller.Log)
	}
	printParagraph("Every step held.")
	return afterwards(ctx, runner)
}

// endNow ends the demo with its story.
func endNow(context.Context, *storyRunner) error { return nil }

// stayUp keeps the cluster up until Ctrl-C.
func stayUp(ctx context.Context, runner *storyRunner) error {
	printParagraph("It all stays up until Ctrl-C; in another terminal:")
	fmt.Printf("\n  export KUBECONFIG=%s PATH=%s:$PATH\n  kubectl get namespaces,baselines,baselinebackups\n\nThe controller's log is in %s.\n",
		runner.installation.Cluster.Kubeconfig(), filepath.Join(runner.installation.Dir, "bin"), runner.installation.Dir)
	<-ctx.Done()
	return nil
}

func firstOf(first, second error) error {
	if first != nil {
		return first
	}
	return second
}
