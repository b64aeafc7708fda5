//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/cluster"
	"seedbed.dev/seedbed/test/seedbed"
)

// waitTimeout is long enough for a machine that is busy with builds; a successful step needs far less.
const waitTimeout = 5 * time.Minute

// env is the cluster under test, with an administrator's client, and this run's names.
type env struct {
	client.Client
	cluster *cluster.Cluster
	core    kubernetes.Interface
	// run is the prefix of every name; release and namespace are Helm's.
	run, release, namespace string
	// root is the repository's top directory.
	root, chart     string
	repository, tag string
}

// newEnv connects to the cluster and splits the image's name. The cleanup removes all objects that the test creates.
func newEnv(t *testing.T) *env {
	t.Helper()
	repository, tag, err := splitImage(os.Getenv("IMAGE"))
	if err != nil {
		t.Fatal(err)
	}
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(cluster.ExistingEnv, "true")
	existing, err := cluster.Start(t.Context(), cluster.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := existing.Stop(); err != nil {
			t.Error(err)
		}
	})
	config := existing.Config()
	config.WarningHandler = rest.NoWarnings{} // every dry run returns one
	scheme := seedbed.Scheme()
	if err := certmanagerv1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	admin, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	core, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	run := "e2e-" + rand.String(5)
	e := &env{
		Client: admin, cluster: existing, core: core, run: run, release: run, namespace: run + "-system",
		root: root, chart: filepath.Join(root, "charts", "seedbed"), repository: repository, tag: tag,
	}
	e.requireNoInstallation(t)
	t.Cleanup(func() { e.cleanUp(t) })
	return e
}

// splitImage splits an image's name into repository and tag. A port is no tag.
func splitImage(image string) (repository, tag string, err error) {
	colon := strings.LastIndex(image, ":")
	if colon <= strings.LastIndex(image, "/") {
		return "", "", fmt.Errorf("IMAGE is %q: it must be NAME:TAG of the image to test, as make e2e sets it", image)
	}
	return image[:colon], image[colon+1:], nil
}

// requireNoInstallation fails the test if the cluster has Seedbed already: two installations would restore everything twice.
func (e *env) requireNoInstallation(t *testing.T) {
	t.Helper()
	definition := crdOf("baselines")
	switch err := e.Get(t.Context(), client.ObjectKeyFromObject(definition), definition); {
	case err == nil:
		t.Fatalf("the cluster has Seedbed already, of Helm release %s in namespace %s: run the tests in another cluster, or "+
			"remove that release and then the CRDs of seedbed.dev, which deletes every baseline and backup",
			definition.GetAnnotations()["meta.helm.sh/release-name"], definition.GetAnnotations()["meta.helm.sh/release-namespace"])
	case !apierrors.IsNotFound(err):
		t.Fatalf("looking for Seedbed in the cluster: %v", err)
	}
}

// crdOf returns the CRD of one of Seedbed's resources.
func crdOf(resource string) *unstructured.Unstructured {
	definition := &unstructured.Unstructured{}
	definition.SetAPIVersion("apiextensions.k8s.io/v1")
	definition.SetKind("CustomResourceDefinition")
	definition.SetName(resource + "." + v1alpha1.GroupName)
	return definition
}

// runName returns a name with this run's prefix.
func (e *env) runName(base string) string { return e.run + "-" + base }

// chartFullname returns the chart's prefix for names.
func (e *env) chartFullname() string { return e.release + "-seedbed" }

// newContext returns a context that ends with the test, or after waitTimeout.
func (e *env) newContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), waitTimeout)
	t.Cleanup(cancel)
	return ctx
}

// requireEventually fails the test if check never succeeds.
func (e *env) requireEventually(t *testing.T, check func(ctx context.Context) error) {
	t.Helper()
	if err := cluster.Eventually(e.newContext(t), check); err != nil {
		t.Fatal(err)
	}
}

func (e *env) createObjects(t *testing.T, objects ...client.Object) {
	t.Helper()
	for _, object := range objects {
		if err := e.Create(e.newContext(t), object); err != nil {
			t.Fatalf("creating %T %s: %v", object, object.GetName(), err)
		}
	}
}

// newAskingNamespace returns a namespace that asks for baselines by annotation.
func (e *env) newAskingNamespace(base, baselines string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: e.runName(base), Annotations: map[string]string{v1alpha1.AnnotationBaseline: baselines},
	}}
}

// awaitCondition waits until a namespace's condition BaselineReady has this reason, and with it the status.
func (e *env) awaitCondition(t *testing.T, name, reason string, status corev1.ConditionStatus) {
	t.Helper()
	e.requireEventually(t, func(ctx context.Context) error {
		namespace := &corev1.Namespace{}
		if err := e.Get(ctx, client.ObjectKey{Name: name}, namespace); err != nil {
			return err
		}
		ready := v1alpha1.FindNamespaceCondition(namespace.Status.Conditions, v1alpha1.ConditionBaselineReady)
		if ready != nil && ready.Reason == reason && ready.Status == status {
			return nil
		}
		return fmt.Errorf("namespace %s has the conditions %v; want BaselineReady %s %s", name, namespace.Status.Conditions, status, reason)
	})
}
