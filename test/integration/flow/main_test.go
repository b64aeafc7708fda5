package flow

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

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
	return seedbed.RunTests(ctx, m, func(i *seedbed.Installation, c *seedbed.Controller) { installed, running = i, c }, "--leader-elect-lease-duration=30s")
}
