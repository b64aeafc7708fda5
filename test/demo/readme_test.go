package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/go-logr/logr"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/test/cluster"
	"seedbed.dev/seedbed/test/seedbed"
)

const (
	// blockWithin bounds one block of commands on a busy machine.
	blockWithin = 3 * time.Minute
	// policyGrace is longer than objects stay unreviewed after the policies' creation; creation times have whole seconds.
	policyGrace = 12 * time.Second
)

func TestMain(m *testing.M) {
	ctrllog.SetLogger(logr.Discard())
	os.Exit(m.Run())
}

// Every block of commands in a README succeeds, in order, in an empty cluster.
func TestReadmeBlocksSucceedInFreshCluster(t *testing.T) {
	for _, file := range []string{"README.md", "charts/seedbed/README.md"} {
		t.Run(file, func(t *testing.T) {
			c, err := cluster.Start(t.Context(), cluster.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = c.Stop() })
			runner, err := newStoryRunner(&seedbed.Installation{Cluster: c, Dir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			for _, block := range readBlocks(t, file) {
				if reason := block.omissionReason(); reason != "" {
					t.Logf("left out, since %s:\n%s", reason, block.text)
					continue
				}
				runner.runBlock(t.Context(), t, block)
				if block.isInstall() {
					startController(t, c)
				}
			}
		})
	}
}

// startController runs the controller as the chart's pods would.
func startController(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startWithin)
	defer cancel()
	installation, err := seedbed.Adopt(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = installation.Close() })
	if _, err := installation.Start(ctx, controllerFlags...); err != nil {
		t.Fatal(err)
	}
	if err := installation.AwaitWebhooks(ctx); err != nil {
		t.Fatal(err)
	}
	awaitGrace(ctx, t, installation)
}

// awaitGrace waits until previews count as reviewed: ten seconds after the policies, as the chart's notes require.
func awaitGrace(ctx context.Context, t *testing.T, installation *seedbed.Installation) {
	t.Helper()
	err := cluster.Eventually(ctx, func(ctx context.Context) error {
		policy := &admissionregistrationv1.ValidatingAdmissionPolicy{}
		if err := installation.Client.Get(ctx, client.ObjectKey{Name: "seedbed-authorize-previews"}, policy); err != nil {
			return err
		}
		if age := time.Since(policy.CreationTimestamp.Time); age < policyGrace {
			return fmt.Errorf("the policies are %s old", age)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// runBlock runs a block as a script that ends at its first error.
func (s *storyRunner) runBlock(ctx context.Context, t *testing.T, block block) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, blockWithin)
	defer cancel()
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(ctx, "bash", "-e", "-o", "pipefail", "-c", block.text)
	command.Dir = root
	command.Env = append(slices.Clone(s.env), "HELM_DATA_HOME="+t.TempDir(), "HELM_CONFIG_HOME="+t.TempDir(), "HELM_CACHE_HOME="+t.TempDir())
	out, err := command.CombinedOutput()
	t.Logf("%s\n%s", block.text, out)
	if err != nil {
		t.Errorf("%s: %v in\n%s\n%s", block.file, err, block.text, out)
	}
}
