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
	err := run(ctx, os.Getenv("ONCE") == "1")
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, once bool) (err error) {
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

	stage, err := newStage(c.Kubeconfig(), installation)
	if err != nil {
		return err
	}
	if err := stage.play(ctx, story()); err != nil {
		return fmt.Errorf("%w (the controller's log: %s)", err, controller.Log)
	}
	if once {
		say("Every step held.")
		return nil
	}
	say("Every step held. It all stays up until Ctrl-C; in another terminal:")
	fmt.Printf("\n  export KUBECONFIG=%s PATH=%s:$PATH\n  kubectl get namespaces,baselines,baselinebackups\n\nThe controller's log: %s\n",
		c.Kubeconfig(), filepath.Join(installation.Dir, "bin"), controller.Log)
	<-ctx.Done()
	return nil
}

func firstOf(first, second error) error {
	if first != nil {
		return first
	}
	return second
}
