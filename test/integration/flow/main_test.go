package flow

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"seedbed.dev/seedbed/test/cluster"
	"seedbed.dev/seedbed/test/seedbed"
)

// patience is long enough for a machine that is busy with builds; no test needs it otherwise.
const patience = 2 * time.Minute

// installed is the installation that most tests share, with its controller running.
var (
	installed *seedbed.Installation
	running   *seedbed.Controller
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	ctrl.SetLogger(logr.Discard())                                     // the logs of the tests' own clients are not needed
	ctx, cancel := context.WithTimeout(context.Background(), patience) //nolint:forbidigo // before any test has a context
	defer cancel()
	c, err := cluster.Start(ctx, cluster.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, "start the cluster:", err)
		return 1
	}
	defer func() { _ = c.Stop() }()
	if installed, err = seedbed.Install(ctx, c); err != nil {
		fmt.Fprintln(os.Stderr, "install Seedbed:", err)
		return 1
	}
	defer func() { _ = installed.Close() }()
	if running, err = installed.Start(ctx, "--leader-elect-lease-duration=30s"); err != nil {
		fmt.Fprintln(os.Stderr, "start the controller:", err)
		return 1
	}
	if err := installed.AwaitWebhooks(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "await the webhooks:", err)
		return 1
	}
	return m.Run()
}
