package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"k8s.io/client-go/rest"
)

// Environment variables that choose the cluster. The first two are envtest's.
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
	// ControlPlane is the binary of test/controlplane to run; it overrides the environment.
	ControlPlane string
}

// Cluster is a running Kubernetes API server with its controllers.
type Cluster struct {
	config      *rest.Config
	kubeconfig  string
	controllers bool
	user        userIssuer
	stop        func() error
	process     announcement // of a control plane that Start started
}

// userIssuer returns a configuration with a user's credentials.
type userIssuer func(ctx context.Context, name string, groups []string) (*rest.Config, error)

// Start returns once the cluster is ready; ctx bounds the start alone. The caller must Stop the cluster. A control plane that
// Start started also ends when this process ends, however that happens.
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
		return "", fmt.Errorf("finding the test control plane: %w: run make controlplane", err)
	}
	return binary, nil
}

// Config returns a copy of the administrator's configuration, without client-side rate limits.
func (c *Cluster) Config() *rest.Config {
	return rest.CopyConfig(c.config)
}

// Kubeconfig returns the path of the administrator's kubeconfig. Stop removes the file.
func (c *Cluster) Kubeconfig() string {
	return c.kubeconfig
}

// HasControllerManager reports whether ServiceAccounts are created and namespaces are deleted: the directory in AssetsEnv may
// lack kube-controller-manager.
func (c *Cluster) HasControllerManager() bool {
	return c.controllers
}

// Stop removes all processes and files of the cluster. It does nothing to an existing cluster.
func (c *Cluster) Stop() error {
	return c.stop()
}
