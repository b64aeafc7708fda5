package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"k8s.io/client-go/rest"
)

// Environment variables that choose the cluster. The first two are envtest's own.
const (
	// ExistingEnv, when true, chooses the cluster that KUBECONFIG names.
	ExistingEnv = "USE_EXISTING_CLUSTER"
	// AssetsEnv names a directory of Kubernetes binaries to start.
	AssetsEnv = "KUBEBUILDER_ASSETS"
	// ControlPlaneEnv names the binary of test/controlplane.
	ControlPlaneEnv = "SEEDBED_CONTROLPLANE"
)

// Options of a cluster. The zero value chooses by the environment.
type Options struct {
	// ControlPlane is the binary of test/controlplane to run, whatever the environment says.
	ControlPlane string
}

// Cluster is a running Kubernetes API server with its controllers.
type Cluster struct {
	config      *rest.Config
	kubeconfig  string
	controllers bool
	user        userIssuer
	stop        func() error
	process     announcement // of a control plane of our own
}

// userIssuer makes the credentials of a user.
type userIssuer func(ctx context.Context, name string, groups []string) (*rest.Config, error)

// Start comes back when the cluster can be used; ctx bounds the start alone. Whoever starts one has to Stop it. A control
// plane of ours ends by itself when this process ends, however that happens.
func Start(ctx context.Context, opts Options) (*Cluster, error) {
	if opts.ControlPlane != "" {
		return startControlPlane(ctx, opts.ControlPlane)
	}
	if existing, _ := strconv.ParseBool(os.Getenv(ExistingEnv)); existing {
		return useExisting()
	}
	if assets := os.Getenv(AssetsEnv); assets != "" {
		return startAssets(ctx, assets)
	}
	binary, err := controlPlaneBinary()
	if err != nil {
		return nil, err
	}
	return startControlPlane(ctx, binary)
}

func controlPlaneBinary() (string, error) {
	binary := os.Getenv(ControlPlaneEnv)
	if binary == "" {
		root, err := Root()
		if err != nil {
			return "", err
		}
		binary = filepath.Join(root, ".bin", "controlplane")
	}
	if _, err := os.Stat(binary); err != nil {
		return "", fmt.Errorf("find the test control plane: %w: run make controlplane", err)
	}
	return binary, nil
}

// Config is a copy of the administrator's, without client-side rate limits.
func (c *Cluster) Config() *rest.Config {
	return rest.CopyConfig(c.config)
}

// Kubeconfig is the path of the administrator's. The file goes with the cluster.
func (c *Cluster) Kubeconfig() string {
	return c.kubeconfig
}

// HasControllerManager says whether ServiceAccounts are made and namespaces are deleted: AssetsEnv may name a directory
// that has no kube-controller-manager.
func (c *Cluster) HasControllerManager() bool {
	return c.controllers
}

// Stop leaves no process and no file of the cluster. It does nothing to one that was there before.
func (c *Cluster) Stop() error {
	return c.stop()
}
