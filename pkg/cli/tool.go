package cli

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// tool is the name by which the user called the program, the cluster that kubectl's flags name, and a clock.
type tool struct {
	program string
	flags   *genericclioptions.ConfigFlags
	now     func() time.Time
}

// newTool returns the tool of a program. It caches nothing on disk.
func newTool(program string) *tool {
	flags := genericclioptions.NewConfigFlags(true)
	flags.CacheDir = nil
	return &tool{program: program, flags: flags, now: time.Now}
}

// addFlags adds kubectl's flags that name a cluster, a user and a namespace.
func (t *tool) addFlags(flags *pflag.FlagSet) { t.flags.AddFlags(flags) }

// examples are lines of help, each a call of the tool as the user calls it.
func (t *tool) examples(calls ...string) string {
	lines := make([]string, len(calls))
	for i, call := range calls {
		lines[i] = "  " + t.program + " " + call
	}
	return strings.Join(lines, "\n")
}

// config is how to reach the cluster. What its API server warns of goes to cmd's error stream.
func (t *tool) config(cmd *cobra.Command) (*rest.Config, error) {
	config, err := t.flags.ToRESTConfig()
	if err != nil {
		return nil, fmt.Errorf("cannot tell which cluster to talk to: %w", err)
	}
	if config.Host == clientcmd.ClusterDefaults.Server && *t.flags.APIServer == "" && t.unconfigured() {
		return nil, errors.New("no cluster is configured: set KUBECONFIG or --kubeconfig to a kubeconfig file, or name a cluster with --server")
	}
	config.QPS = -1 // a command sends few requests: the API server's own fairness is the limit
	config.UserAgent = "seedbed/" + cmd.Root().Version
	config.WarningHandler = rest.NewWarningWriter(cmd.ErrOrStderr(), rest.WarningWriterOptions{Deduplicate: true})
	config.WarningHandlerWithContext = nil
	return config, nil
}

// unconfigured says whether no kubeconfig names any cluster.
func (t *tool) unconfigured() bool {
	raw, err := t.flags.ToRawKubeConfigLoader().RawConfig()
	return err != nil || len(raw.Clusters) == 0
}

// client reads and writes the cluster's objects.
func (t *tool) client(cmd *cobra.Command) (client.Client, error) {
	config, err := t.config(cmd)
	if err != nil {
		return nil, err
	}
	scheme, err := newScheme()
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
func (t *tool) discovery(cmd *cobra.Command) (*discovery.DiscoveryClient, error) {
	config, err := t.config(cmd)
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
func (t *tool) namespace() (string, error) {
	namespace, _, err := t.flags.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return "", fmt.Errorf("cannot tell which namespace is meant: %w", err)
	}
	return namespace, nil
}

// namespaceFlag is what -n was set to; empty when it was not.
func (t *tool) namespaceFlag() string { return *t.flags.Namespace }

func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	builder := runtime.NewSchemeBuilder(
		corev1.AddToScheme, admissionregistrationv1.AddToScheme, appsv1.AddToScheme, authorizationv1.AddToScheme,
		coordinationv1.AddToScheme, rbacv1.AddToScheme, v1alpha1.AddToScheme)
	return scheme, builder.AddToScheme(scheme)
}

// newMapper knows the kinds that the tool uses, so that no command begins with discovery.
func newMapper() meta.RESTMapper {
	mapper := meta.NewDefaultRESTMapper(nil)
	mapper.Add(corev1.SchemeGroupVersion.WithKind("Namespace"), meta.RESTScopeRoot)
	mapper.Add(authorizationv1.SchemeGroupVersion.WithKind("SelfSubjectAccessReview"), meta.RESTScopeRoot)
	mapper.Add(authorizationv1.SchemeGroupVersion.WithKind("SelfSubjectRulesReview"), meta.RESTScopeRoot)
	mapper.Add(admissionregistrationv1.SchemeGroupVersion.WithKind("ValidatingAdmissionPolicy"), meta.RESTScopeRoot)
	mapper.Add(appsv1.SchemeGroupVersion.WithKind("Deployment"), meta.RESTScopeNamespace)
	mapper.Add(coordinationv1.SchemeGroupVersion.WithKind("Lease"), meta.RESTScopeNamespace)
	mapper.Add(rbacv1.SchemeGroupVersion.WithKind("ClusterRole"), meta.RESTScopeRoot)
	mapper.Add(rbacv1.SchemeGroupVersion.WithKind("ClusterRoleBinding"), meta.RESTScopeRoot)
	mapper.Add(v1alpha1.GroupVersion.WithKind("BaselineBackup"), meta.RESTScopeRoot)
	mapper.Add(v1alpha1.GroupVersion.WithKind("Baseline"), meta.RESTScopeRoot)
	mapper.Add(v1alpha1.GroupVersion.WithKind("BaselineRecord"), meta.RESTScopeNamespace)
	mapper.Add(v1alpha1.GroupVersion.WithKind("BaselineRestore"), meta.RESTScopeNamespace)
	mapper.Add(v1alpha1.GroupVersion.WithKind("BaselinePreview"), meta.RESTScopeRoot)
	return mapper
}
