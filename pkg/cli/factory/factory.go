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
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// tool is the name by which the user called the program, the cluster that kubectl's flags name, and a clock.
type Factory struct {
	Program string
	flags   *genericclioptions.ConfigFlags
	Now     func() time.Time
}

// newTool returns the tool of a program. It caches nothing on disk.
func New(program string) *Factory {
	flags := genericclioptions.NewConfigFlags(true)
	flags.CacheDir = nil
	return &Factory{Program: program, flags: flags, Now: time.Now}
}

// addFlags adds kubectl's flags that name a cluster, a user and a namespace.
func (f *Factory) AddFlags(flags *pflag.FlagSet) { f.flags.AddFlags(flags) }

// examples are lines of help, each a call of the tool as the user calls it.
func (f *Factory) FormatExamples(calls ...string) string {
	lines := make([]string, len(calls))
	for i, call := range calls {
		lines[i] = "  " + f.Program + " " + call
	}
	return strings.Join(lines, "\n")
}

// config is how to reach the cluster. What its API server warns of goes to cmd's error stream.
func (f *Factory) restConfig(cmd *cobra.Command) (*rest.Config, error) {
	config, err := f.flags.ToRESTConfig()
	if err != nil {
		return nil, fmt.Errorf("cannot tell which cluster to talk to: %w", err)
	}
	if config.Host == clientcmd.ClusterDefaults.Server && *f.flags.APIServer == "" && f.isUnconfigured() {
		return nil, errors.New("no cluster is configured: set KUBECONFIG or --kubeconfig to a kubeconfig file, or name a cluster with --server")
	}
	config.QPS = -1 // a command sends few requests: the API server's own fairness is the limit
	config.UserAgent = "seedbed/" + cmd.Root().Version
	config.WarningHandler = rest.NewWarningWriter(cmd.ErrOrStderr(), rest.WarningWriterOptions{Deduplicate: true})
	config.WarningHandlerWithContext = nil
	return config, nil
}

// unconfigured says whether no kubeconfig names any cluster.
func (f *Factory) isUnconfigured() bool {
	raw, err := f.flags.ToRawKubeConfigLoader().RawConfig()
	return err != nil || len(raw.Clusters) == 0
}

// client reads and writes the cluster's objects.
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

// discovery asks the cluster what it serves.
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

// namespace is the one that -n or the kubeconfig's context names, else "default".
func (f *Factory) CurrentNamespace() (string, error) {
	namespace, _, err := f.flags.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return "", fmt.Errorf("cannot tell which namespace is meant: %w", err)
	}
	return namespace, nil
}

// namespaceFlag is what -n was set to; empty when it was not.
func (f *Factory) NamespaceFlag() string { return *f.flags.Namespace }
