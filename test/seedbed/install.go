package seedbed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/authorization"
	"seedbed.dev/seedbed/test/cluster"
)

// Names in config/.
const (
	Namespace            = "seedbed-system"
	ServiceAccount       = "seedbed"
	WebhookConfiguration = "seedbed"
	TLSSecret            = "seedbed-webhook-tls"
	PathSecret           = "seedbed-webhook-paths"
)

// Installation is Seedbed's objects in a cluster, and the address of its webhooks.
type Installation struct {
	Cluster *cluster.Cluster
	// Client is an administrator's, for Seedbed's and Kubernetes' kinds.
	Client client.Client
	// Dir holds the files of this installation; Close removes it.
	Dir string

	service     *service
	scraper     scraper
	mu          sync.Mutex
	started     int
	controllers []*Controller
}

// Scheme returns a scheme with Seedbed's and Kubernetes' kinds.
func Scheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			panic(err) // two kinds of one name: a mistake in the program
		}
	}
	return scheme
}

// Install writes Seedbed's objects into a cluster without them. It starts no controller.
func Install(ctx context.Context, c *cluster.Cluster) (*Installation, error) {
	i, err := newInstallation(c)
	if err != nil {
		return nil, err
	}
	for _, files := range []string{"config/crd/*.yaml", "config/policy/*.yaml", "config/rbac/namespace.yaml", "config/rbac/rbac.yaml", "config/webhook/*.yaml"} {
		if err := i.Apply(ctx, files); err != nil {
			return nil, errors.Join(err, i.Close())
		}
	}
	return i, i.AwaitAPI(ctx)
}

// newInstallation returns an installation that has written nothing yet.
func newInstallation(c *cluster.Cluster) (*Installation, error) {
	admin, err := client.New(c.Config(), client.Options{Scheme: Scheme()})
	if err != nil {
		return nil, fmt.Errorf("making a client: %w", err)
	}
	dir, err := os.MkdirTemp("", "seedbed-")
	if err != nil {
		return nil, err
	}
	service, err := newService()
	if err != nil {
		return nil, err
	}
	return &Installation{Cluster: c, Client: admin, Dir: dir, service: service}, nil
}

// Adopt returns the installation of a cluster into which Helm installed the chart, as release "seedbed". It redirects the
// webhooks to this installation, because no pod of the chart runs here.
func Adopt(ctx context.Context, c *cluster.Cluster) (*Installation, error) {
	i, err := newInstallation(c)
	if err != nil {
		return nil, err
	}
	configuration := &unstructured.Unstructured{}
	configuration.SetGroupVersionKind(admissionregistrationv1.SchemeGroupVersion.WithKind("ValidatingWebhookConfiguration"))
	if err := i.Client.Get(ctx, client.ObjectKey{Name: WebhookConfiguration}, configuration); err != nil {
		return nil, errors.Join(err, i.Close())
	}
	redirectWebhooks(configuration, i.service.baseURL())
	if err := i.Client.Update(ctx, configuration); err != nil {
		return nil, errors.Join(err, i.Close())
	}
	return i, i.AwaitAPI(ctx)
}

// Close ends all running controllers at once.
func (i *Installation) Close() error {
	i.mu.Lock()
	controllers := i.controllers
	i.mu.Unlock()
	for _, controller := range controllers {
		controller.Kill()
	}
	i.service.close()
	return os.RemoveAll(i.Dir)
}

// Apply creates the objects in files of the repository. It redirects webhooks to this installation.
func (i *Installation) Apply(ctx context.Context, pattern string) error {
	root, err := cluster.Root()
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(root, pattern))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("no files match %s: run make generate", pattern)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := i.applyAll(ctx, content); err != nil {
			return fmt.Errorf("applying %s: %w", filepath.Base(file), err)
		}
	}
	return nil
}

func (i *Installation) applyAll(ctx context.Context, content []byte) error {
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4096)
	for {
		object := &unstructured.Unstructured{}
		if err := decoder.Decode(&object.Object); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if len(object.Object) == 0 {
			continue
		}
		if strings.HasSuffix(object.GetKind(), "WebhookConfiguration") {
			redirectWebhooks(object, i.service.baseURL())
		}
		if err := i.Client.Create(ctx, object); err != nil {
			return fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
}

// redirectWebhooks makes the API server call a URL instead of a Service. The leader writes its path, as it does a Service's.
func redirectWebhooks(configuration *unstructured.Unstructured, url string) {
	webhooks, _, _ := unstructured.NestedSlice(configuration.Object, "webhooks")
	for _, webhook := range webhooks {
		fields := webhook.(map[string]any)
		fields["clientConfig"] = map[string]any{"url": url}
	}
	configuration.Object["webhooks"] = webhooks
}

// AwaitAPI waits until the API server serves Seedbed's kinds.
func (i *Installation) AwaitAPI(ctx context.Context) error {
	return cluster.Eventually(ctx, func(ctx context.Context) error {
		return errors.Join(
			i.Client.List(ctx, &v1alpha1.BaselineList{}),
			i.Client.List(ctx, &v1alpha1.BaselineBackupList{}),
			i.Client.List(ctx, &v1alpha1.BaselineRestoreList{}),
			i.Client.List(ctx, &v1alpha1.BaselineRecordList{}),
			i.Client.List(ctx, &v1alpha1.BaselinePreviewList{}),
		)
	})
}

// AwaitWebhooks waits until the API server evaluates the admission policies, calls the webhooks and trusts their certificates:
// until it refuses dry runs that they must refuse. Objects that are created from then on count as reviewed; those from the
// policies' own second do not.
func (i *Installation) AwaitWebhooks(ctx context.Context) error {
	if err := i.AwaitPolicies(ctx); err != nil {
		return err
	}
	return cluster.Eventually(ctx, func(ctx context.Context) error {
		webhooks := &admissionregistrationv1.ValidatingWebhookConfiguration{}
		if err := i.Client.Get(ctx, client.ObjectKey{Name: WebhookConfiguration}, webhooks); err != nil {
			return err
		}
		if err := cluster.CheckLaterSecond(webhooks.CreationTimestamp); err != nil {
			return err
		}
		return i.checkRefused(ctx, "seedbed-probe-of-no-baseline", "choose.seedbed.dev")
	})
}

// AwaitPolicies waits until the API server evaluates the admission policies, and new objects count as reviewed.
func (i *Installation) AwaitPolicies(ctx context.Context) error {
	return cluster.Eventually(ctx, func(ctx context.Context) error {
		for _, name := range authorization.Policies() {
			binding := &admissionregistrationv1.ValidatingAdmissionPolicyBinding{}
			if err := i.Client.Get(ctx, client.ObjectKey{Name: name}, binding); err != nil {
				return err
			}
			if err := cluster.CheckLaterSecond(binding.CreationTimestamp); err != nil {
				return err
			}
		}
		return i.checkRefused(ctx, "Not_A_Name", authorization.PolicyNamespaces)
	})
}

// checkRefused returns nil if a namespace with this annotation is refused by the expected policy or webhook.
func (i *Installation) checkRefused(ctx context.Context, baseline, by string) error {
	probe := &corev1.Namespace{}
	probe.Name = "seedbed-webhook-probe"
	probe.Annotations = map[string]string{v1alpha1.AnnotationBaseline: baseline}
	err := i.Client.Create(ctx, probe, client.DryRunAll)
	if apierrors.IsForbidden(err) && strings.Contains(err.Error(), by) {
		return nil
	}
	return fmt.Errorf("a namespace that asks for %q is not refused by %s: %w", baseline, by, err)
}
