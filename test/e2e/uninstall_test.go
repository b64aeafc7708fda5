//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// uninstall holds nobody up, from its first moment to its last, and keeps the baselines and backups.
func uninstall(t *testing.T, w *world) {
	l := w.load(t, "uninstalling", steadily)
	l.awaitMore(t, 2)
	w.helmUninstall(t)
	l.awaitMore(t, 2)
	attempts := l.outcomes(t, steadily)
	l.tolerates(t, attempts, never)
	counted := newTable()
	counted.add("helm uninstall", attempts)
	counted.print(t)
	w.create(t, w.asking("uninstalled", baseline)) // at once; the policies are still there
	err := w.Get(w.context(t), client.ObjectKey{Name: w.fullname()}, &admissionregistrationv1.ValidatingWebhookConfiguration{})
	if !apierrors.IsNotFound(err) {
		t.Errorf("the webhook configuration is still there: %v", err)
	}
	for _, resource := range resources {
		definition := definitionOf(resource)
		if err := w.Get(w.context(t), client.ObjectKeyFromObject(definition), definition); err != nil {
			t.Errorf("the CRDs are not kept: %v", err)
		}
	}
	if err := w.Get(w.context(t), client.ObjectKey{Name: baseline}, &v1alpha1.Baseline{}); err != nil {
		t.Errorf("the baseline is not kept: %v", err)
	}
	if err := w.Get(w.context(t), client.ObjectKey{Name: backup}, &v1alpha1.BaselineBackup{}); err != nil {
		t.Errorf("the backup is not kept: %v", err)
	}
}

func (w *world) helmUninstall(t *testing.T) {
	t.Helper()
	began := time.Now()
	w.must(t, "helm", "uninstall", w.release, "--namespace", w.namespace, "--wait")
	t.Logf("helm uninstall took %s", time.Since(began).Round(time.Millisecond))
}

// installAgain finds everything as it was. What asked in between was reviewed by the policies, which were kept.
func installAgain(t *testing.T, w *world) {
	w.helmInstall(t)
	w.awaitPods(t)
	w.eventually(t, func(ctx context.Context) error {
		web := &v1alpha1.Baseline{}
		if err := w.Get(ctx, client.ObjectKey{Name: baseline}, web); err != nil {
			return err
		}
		if !meta.IsStatusConditionTrue(web.Status.Conditions, v1alpha1.ConditionReady) {
			return fmt.Errorf("the baseline is not ready: %v", web.Status.Conditions)
		}
		return nil
	})
	asked := w.name("uninstalled")
	w.awaitCondition(t, asked, v1alpha1.ReasonRestored, corev1.ConditionTrue)
	w.eventually(t, func(ctx context.Context) error { return w.holds(ctx, asked) })
	w.awaitCondition(t, w.name("annotated"), v1alpha1.ReasonRestored, corev1.ConditionTrue)
	w.createPopulated(t, w.asking("installed-again", baseline))
}

// annotate sets the annotation to a value in JSON; null takes it away.
func (w *world) annotate(t *testing.T, name, value string) {
	t.Helper()
	namespace := &corev1.Namespace{}
	namespace.Name = name
	patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:%s}}}`, v1alpha1.AnnotationBaseline, value)
	if err := w.Patch(w.context(t), namespace, client.RawPatch(types.MergePatchType, []byte(patch))); err != nil {
		t.Fatalf("annotate namespace %s: %v", name, err)
	}
}
