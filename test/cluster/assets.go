package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

// startAssetsWithin allows for a machine that is busy with builds; envtest's own default, 20 seconds, suits an idle one.
const startAssetsWithin = 2 * time.Minute

// startAssets starts the binaries in dir with envtest, which cannot start a controller manager: startControllerManager does.
func startAssets(ctx context.Context, dir string) (*Cluster, error) {
	manager := filepath.Join(dir, "kube-controller-manager")
	_, err := os.Stat(manager)
	controllers := err == nil
	environment := &envtest.Environment{BinaryAssetsDirectory: dir, ControlPlaneStartTimeout: startAssetsWithin}
	if controllers { // without them a pod has no ServiceAccount
		environment.ControlPlane.GetAPIServer().Configure().Disable("disable-admission-plugins")
	}
	if _, err := environment.Start(); err != nil {
		return nil, fmt.Errorf("starting the binaries in %s: %w", dir, err)
	}
	c, err := newAssetsCluster(environment)
	if err != nil {
		return nil, errors.Join(err, environment.Stop())
	}
	if controllers {
		if err := c.startControllerManager(ctx, manager, environment); err != nil {
			return nil, errors.Join(err, c.Stop())
		}
	}
	return c, nil
}

func newAssetsCluster(environment *envtest.Environment) (*Cluster, error) {
	dir := environment.ControlPlane.GetAPIServer().CertDir // the environment removes it
	kubeconfig := filepath.Join(dir, "kubeconfig")
	if err := os.WriteFile(kubeconfig, environment.KubeConfig, 0o600); err != nil {
		return nil, err
	}
	config, err := loadConfig(kubeconfig)
	if err != nil {
		return nil, err
	}
	issue := func(_ context.Context, name string, groups []string) (*rest.Config, error) {
		user, err := environment.AddUser(envtest.User{Name: name, Groups: groups}, withoutCredentials(config))
		if err != nil {
			return nil, fmt.Errorf("adding user %s: %w", name, err)
		}
		return user.Config(), nil
	}
	return &Cluster{config: config, kubeconfig: kubeconfig, user: issue, stop: environment.Stop}, nil
}

func (c *Cluster) startControllerManager(ctx context.Context, binary string, environment *envtest.Environment) error {
	dir := environment.ControlPlane.GetAPIServer().CertDir
	root := filepath.Join(dir, "root-ca.crt")
	if err := os.WriteFile(root, c.config.CAData, 0o600); err != nil {
		return err
	}
	command := exec.Command(binary, "--kubeconfig="+c.kubeconfig, "--root-ca-file="+root,
		"--service-account-private-key-file="+filepath.Join(dir, "sa-signer.key"),
		"--use-service-account-credentials", "--leader-elect=false", "--secure-port=0",
		"--flex-volume-plugin-dir="+filepath.Join(dir, "flexvolume"))
	var complaints bytes.Buffer
	command.Stderr = &complaints
	if err := command.Start(); err != nil {
		return fmt.Errorf("starting kube-controller-manager: %w", err)
	}
	kill := func() error {
		if err := command.Process.Kill(); err != nil {
			return fmt.Errorf("stopping kube-controller-manager: %w", err)
		}
		_ = command.Wait() // the error only reports the kill
		return nil
	}
	stop := c.stop
	c.stop = func() error { return errors.Join(kill(), stop()) }
	c.controllers = true
	if err := c.awaitServiceAccount(ctx, "default", "default"); err != nil {
		return fmt.Errorf("starting kube-controller-manager: %w", err)
	}
	return nil
}
