// Command demo plays Seedbed's story on a real API server: every command is shown before its output, and
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

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	afterwards := stayUp
	if os.Getenv("ONCE") == "1" {
		afterwards = endNow
	}
	err := run(ctx, afterwards)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// run plays the story, and then calls afterwards while everything is up.
func run(ctx context.Context, afterwards func(context.Context, *stage) error) (err error) {
	began := time.Now()
	starting, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	c, err := cluster.Start(starting, cluster.Options{})
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, c.Stop()) }()
	say("A Kubernetes API server is up after %s.", time.Since(began).Round(100*time.Millisecond))

	began = time.Now()
	installation, err := seedbed.Install(starting, c)
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, installation.Close()) }()
	controller, err := installation.Start(starting, "--log-format=text")
	if err != nil {
		return err
	}
	if err := installation.AwaitWebhooks(starting); err != nil {
		return fmt.Errorf("the webhooks are not called: %w", err)
	}
	say("Seedbed is installed and running after %s.", time.Since(began).Round(100*time.Millisecond))

	stage, err := newStage(installation)
	if err != nil {
		return err
	}
	if err := stage.play(ctx, story()); err != nil {
		return fmt.Errorf("%w (the controller's log: %s)", err, controller.Log)
	}
	say("Every step held.")
	return afterwards(ctx, stage)
}

// endNow is for a demo that ends with its story.
func endNow(context.Context, *stage) error { return nil }

// stayUp keeps everything up until Ctrl-C.
func stayUp(ctx context.Context, stage *stage) error {
	say("It all stays up until Ctrl-C; in another terminal:")
	fmt.Printf("\n  export KUBECONFIG=%s PATH=%s:$PATH\n  kubectl get namespaces,baselines,baselinebackups\n\nThe controller's log is in %s.\n",
		stage.installation.Cluster.Kubeconfig(), filepath.Join(stage.installation.Dir, "bin"), stage.installation.Dir)
	<-ctx.Done()
	return nil
}

func firstOf(first, second error) error {
	if first != nil {
		return first
	}
	return second
}
