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

// patience is for a machine that is busy with builds; no step takes it when all is well.
const patience = 5 * time.Minute

// world is the cluster, and the names that this run gives in it. It is the cluster administrator's.
type world struct {
	client.Client
	cluster *cluster.Cluster
	core    kubernetes.Interface
	// run begins every name; release and namespace are Helm's.
	run, release, namespace string
	// root is the repository's top directory.
	root, chart     string
	repository, tag string
}

// newWorld finds the cluster and the image. What the test makes from then on goes with it.
func newWorld(t *testing.T) *world {
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
	config.WarningHandler = rest.NoWarnings{} // every dry run gets one
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
	w := &world{
		Client: admin, cluster: existing, core: core, run: run, release: run, namespace: run + "-system",
		root: root, chart: filepath.Join(root, "charts", "seedbed"), repository: repository, tag: tag,
	}
	w.refuseSecond(t)
	t.Cleanup(func() { w.cleanUp(t) })
	return w
}

// splitImage takes the tag off an image's name. A port is no tag.
func splitImage(image string) (repository, tag string, err error) {
	colon := strings.LastIndex(image, ":")
	if colon <= strings.LastIndex(image, "/") {
		return "", "", fmt.Errorf("IMAGE is %q: it must be NAME:TAG of the image to test, as make e2e sets it", image)
	}
	return image[:colon], image[colon+1:], nil
}

// refuseSecond fails when the cluster has Seedbed already: two installations would restore everything twice.
func (w *world) refuseSecond(t *testing.T) {
	t.Helper()
	definition := definitionOf("baselines")
	switch err := w.Get(t.Context(), client.ObjectKeyFromObject(definition), definition); {
	case err == nil:
		t.Fatalf("the cluster has Seedbed already, of Helm release %s in namespace %s: run the tests in another cluster, or "+
			"remove that release and then the CRDs of seedbed.dev, which deletes every baseline and backup",
			definition.GetAnnotations()["meta.helm.sh/release-name"], definition.GetAnnotations()["meta.helm.sh/release-namespace"])
	case !apierrors.IsNotFound(err):
		t.Fatalf("look for Seedbed in the cluster: %v", err)
	}
}

// definitionOf is the CRD of one of Seedbed's resources.
func definitionOf(resource string) *unstructured.Unstructured {
	definition := &unstructured.Unstructured{}
	definition.SetAPIVersion("apiextensions.k8s.io/v1")
	definition.SetKind("CustomResourceDefinition")
	definition.SetName(resource + "." + v1alpha1.GroupName)
	return definition
}

// name makes a name of this run.
func (w *world) name(base string) string { return w.run + "-" + base }

// fullname begins the names of what the chart makes.
func (w *world) fullname() string { return w.release + "-seedbed" }

// context ends with the test, or when patience does.
func (w *world) context(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// eventually fails the test when check never succeeds.
func (w *world) eventually(t *testing.T, check func(ctx context.Context) error) {
	t.Helper()
	if err := cluster.Eventually(w.context(t), check); err != nil {
		t.Fatal(err)
	}
}

func (w *world) create(t *testing.T, objects ...client.Object) {
	t.Helper()
	for _, object := range objects {
		if err := w.Create(w.context(t), object); err != nil {
			t.Fatalf("create %T %s: %v", object, object.GetName(), err)
		}
	}
}

// asking makes the object of a namespace that asks for baselines by annotation.
func (w *world) asking(base, baselines string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: w.name(base), Annotations: map[string]string{v1alpha1.AnnotationBaseline: baselines},
	}}
}

// awaitCondition waits until a namespace's condition BaselineReady has this reason, and with it the status.
func (w *world) awaitCondition(t *testing.T, name, reason string, status corev1.ConditionStatus) {
	t.Helper()
	w.eventually(t, func(ctx context.Context) error {
		namespace := &corev1.Namespace{}
		if err := w.Get(ctx, client.ObjectKey{Name: name}, namespace); err != nil {
			return err
		}
		ready := v1alpha1.FindNamespaceCondition(namespace.Status.Conditions, v1alpha1.ConditionBaselineReady)
		if ready != nil && ready.Reason == reason && ready.Status == status {
			return nil
		}
		return fmt.Errorf("namespace %s has the conditions %v; want BaselineReady %s %s", name, namespace.Status.Conditions, status, reason)
	})
}
