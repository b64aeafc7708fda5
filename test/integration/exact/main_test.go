package exact

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

// waitTimeout is long enough for a machine that is busy with builds; a successful test needs far less.
const waitTimeout = 2 * time.Minute

// installed is the installation that the tests share, with its controller running.
var installed *seedbed.Installation

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	ctrl.SetLogger(logr.Discard())                                        // the tests' own clients log nothing of interest
	ctx, cancel := context.WithTimeout(context.Background(), waitTimeout) //nolint:forbidigo // before any test has a context
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
	if _, err = installed.Start(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "start the controller:", err)
		return 1
	}
	if err := installed.AwaitWebhooks(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "await the webhooks:", err)
		return 1
	}
	return m.Run()
}
