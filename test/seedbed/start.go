package seedbed

import (
	"context"
	"fmt"
	"os"
	"testing"

	"seedbed.dev/seedbed/test/cluster"
)

// InstallForTest returns an installation on a control plane of its own. Both end with the test. No controller runs yet.
func InstallForTest(ctx context.Context, t *testing.T) *Installation {
	t.Helper()
	c, err := cluster.Start(ctx, cluster.Options{})
	if err != nil {
		t.Fatal(err)
	}
	stopWithTest(t, c.Stop)
	i, err := Install(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	stopWithTest(t, i.Close)
	return i
}

func stopWithTest(t *testing.T, stop func() error) {
	t.Helper()
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// RunTests runs the tests of a package with an installation that they share, and returns the exit code. share keeps the installation and
// its controller, which runs with args.
func RunTests(ctx context.Context, m *testing.M, share func(*Installation, *Controller), args ...string) int {
	c, err := cluster.Start(ctx, cluster.Options{})
	if err != nil {
		return failStart("start the cluster", err)
	}
	defer func() { _ = c.Stop() }()
	i, err := Install(ctx, c)
	if err != nil {
		return failStart("install Seedbed", err)
	}
	defer func() { _ = i.Close() }()
	controller, err := i.Start(ctx, args...)
	if err != nil {
		return failStart("start the controller", err)
	}
	if err := i.AwaitWebhooks(ctx); err != nil {
		return failStart("await the webhooks", err)
	}
	share(i, controller)
	return m.Run()
}

func failStart(what string, err error) int {
	fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
	return 1
}
