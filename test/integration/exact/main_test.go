package exact

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

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
	return seedbed.RunTests(ctx, m, func(i *seedbed.Installation, _ *seedbed.Controller) { installed = i })
}
