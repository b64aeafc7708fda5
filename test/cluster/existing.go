package cluster

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// useExisting copies the current context of KUBECONFIG, so that a test that switches it does not affect others.
func useExisting() (*Cluster, error) {
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(clientcmd.NewDefaultClientConfigLoadingRules(), nil)
	raw, err := loader.RawConfig()
	if err != nil {
		return nil, fmt.Errorf("loading KUBECONFIG: %w", err)
	}
	if err := clientcmdapi.MinifyConfig(&raw); err != nil {
		return nil, fmt.Errorf("loading KUBECONFIG: %w", err)
	}
	if err := clientcmdapi.FlattenConfig(&raw); err != nil {
		return nil, fmt.Errorf("loading KUBECONFIG: %w", err)
	}
	dir, err := os.MkdirTemp("", "seedbed-cluster-")
	if err != nil {
		return nil, err
	}
	stop := func() error { return os.RemoveAll(dir) }
	kubeconfig := filepath.Join(dir, "kubeconfig")
	if err := clientcmd.WriteToFile(raw, kubeconfig); err != nil {
		return nil, errors.Join(err, stop())
	}
	config, err := loadConfig(kubeconfig)
	if err != nil {
		return nil, errors.Join(err, stop())
	}
	return &Cluster{config: config, kubeconfig: kubeconfig, controllers: true, user: csrIssuer(config), stop: stop}, nil
}
