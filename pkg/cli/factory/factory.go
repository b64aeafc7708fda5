package factory

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Factory has the name by which the user called the program, the cluster that kubectl's flags name, and a clock.
type Factory struct {
	Program string
	flags   *genericclioptions.ConfigFlags
	Now     func() time.Time
}

// New returns the factory of a program. It caches nothing on disk.
func New(program string) *Factory {
	flags := genericclioptions.NewConfigFlags(true)
	flags.CacheDir = nil
	return &Factory{Program: program, flags: flags, Now: time.Now}
}

// AddFlags adds kubectl's flags that name a cluster, a user and a namespace.
func (f *Factory) AddFlags(flags *pflag.FlagSet) { f.flags.AddFlags(flags) }

// FormatExamples returns lines of help: each is a call of the tool under the user's name for it.
func (f *Factory) FormatExamples(calls ...string) string {
	lines := make([]string, len(calls))
	for i, call := range calls {
		lines[i] = "  " + f.Program + " " + call
	}
	return strings.Join(lines, "\n")
}

// restConfig returns the configuration of the cluster. Warnings of the API server go to cmd's error stream.
func (f *Factory) restConfig(cmd *cobra.Command) (*rest.Config, error) {
	config, err := f.flags.ToRESTConfig()
	if err != nil {
		return nil, fmt.Errorf("cannot tell which cluster to talk to: %w", err)
	}
	if config.Host == clientcmd.ClusterDefaults.Server && *f.flags.APIServer == "" && f.isUnconfigured() {
		return nil, errors.New("no cluster is configured: set KUBECONFIG or --kubeconfig to a kubeconfig file, or name a cluster with --server")
	}
	config.QPS = -1 // because a command sends few requests: the API server's own fairness is the limit
	config.UserAgent = "seedbed/" + cmd.Root().Version
	config.WarningHandler = rest.NewWarningWriter(cmd.ErrOrStderr(), rest.WarningWriterOptions{Deduplicate: true})
	config.WarningHandlerWithContext = nil
	return config, nil
}

// isUnconfigured reports whether no kubeconfig names a cluster.
func (f *Factory) isUnconfigured() bool {
	raw, err := f.flags.ToRawKubeConfigLoader().RawConfig()
	return err != nil || len(raw.Clusters) == 0
}

// NewClient returns a client of the cluster's objects.
func (f *Factory) NewClient(cmd *cobra.Command) (client.Client, error) {
	config, err := f.restConfig(cmd)
	if err != nil {
		return nil, err
	}
	scheme, err := NewScheme()
	if err != nil {
		return nil, err
	}
	c, err := client.New(config, client.Options{Scheme: scheme, Mapper: newMapper(), FieldValidation: "Strict"})
	if err != nil {
		return nil, fmt.Errorf("cannot use the cluster's configuration: %w", err)
	}
	return c, nil
}

// NewDiscoveryClient returns a client of the cluster's discovery.
func (f *Factory) NewDiscoveryClient(cmd *cobra.Command) (*discovery.DiscoveryClient, error) {
	config, err := f.restConfig(cmd)
	if err != nil {
		return nil, err
	}
	discoverer, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("cannot use the cluster's configuration: %w", err)
	}
	return discoverer, nil
}

// NewDynamicClient returns a client of objects of any kind.
func (f *Factory) NewDynamicClient(cmd *cobra.Command) (dynamic.Interface, error) {
	config, err := f.restConfig(cmd)
	if err != nil {
		return nil, err
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("cannot use the cluster's configuration: %w", err)
	}
	return client, nil
}

// CurrentNamespace returns the namespace of -n, else that of the kubeconfig's context, else "default".
func (f *Factory) CurrentNamespace() (string, error) {
	namespace, _, err := f.flags.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return "", fmt.Errorf("cannot tell which namespace is meant: %w", err)
	}
	return namespace, nil
}

// NamespaceFlag returns the value of -n; empty if it is not set.
func (f *Factory) NamespaceFlag() string { return *f.flags.Namespace }
