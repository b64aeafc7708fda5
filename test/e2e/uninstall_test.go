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

// testUninstall requires that an uninstall refuses no create, from its first moment to its last, and keeps the baselines and backups.
func testUninstall(t *testing.T, e *env) {
	l := e.startLoad(t, "uninstalling", steadyRate)
	l.awaitAdmitted(t, 2)
	e.helmUninstall(t)
	l.awaitAdmitted(t, 2)
	attempts := l.collectAttempts(t, steadyRate)
	l.requireSuccess(t, attempts, neverFails)
	counted := newOutcomeTable()
	counted.addPhase("helm uninstall", attempts)
	counted.logTo(t)
	e.createObjects(t, e.newAskingNamespace("uninstalled", baseline)) // at once; the policies are still there
	err := e.Get(e.newContext(t), client.ObjectKey{Name: e.chartFullname()}, &admissionregistrationv1.ValidatingWebhookConfiguration{})
	if !apierrors.IsNotFound(err) {
		t.Errorf("the webhook configuration is still there: %v", err)
	}
	for _, resource := range resources {
		definition := crdOf(resource)
		if err := e.Get(e.newContext(t), client.ObjectKeyFromObject(definition), definition); err != nil {
			t.Errorf("the CRDs are not kept: %v", err)
		}
	}
	if err := e.Get(e.newContext(t), client.ObjectKey{Name: baseline}, &v1alpha1.Baseline{}); err != nil {
		t.Errorf("the baseline is not kept: %v", err)
	}
	if err := e.Get(e.newContext(t), client.ObjectKey{Name: backup}, &v1alpha1.BaselineBackup{}); err != nil {
		t.Errorf("the backup is not kept: %v", err)
	}
	e.requireUnprotected(t)
}

func (e *env) helmUninstall(t *testing.T) {
	t.Helper()
	began := time.Now()
	e.mustRun(t, "helm", "uninstall", e.release, "--namespace", e.namespace, "--wait")
	t.Logf("helm uninstall took %s", time.Since(began).Round(time.Millisecond))
}

// testReinstall requires the state from before the uninstall. Annotations set in between were reviewed by the policies, which were kept.
func testReinstall(t *testing.T, e *env) {
	e.helmInstall(t)
	e.awaitPods(t)
	e.requireEventually(t, func(ctx context.Context) error {
		web := &v1alpha1.Baseline{}
		if err := e.Get(ctx, client.ObjectKey{Name: baseline}, web); err != nil {
			return err
		}
		if !meta.IsStatusConditionTrue(web.Status.Conditions, v1alpha1.ConditionReady) {
			return fmt.Errorf("the baseline is not ready: %v", web.Status.Conditions)
		}
		return nil
	})
	asked := e.runName("uninstalled")
	e.awaitCondition(t, asked, v1alpha1.ReasonRestored, corev1.ConditionTrue)
	e.requireEventually(t, func(ctx context.Context) error { return e.checkContent(ctx, asked) })
	e.awaitCondition(t, e.runName("annotated"), v1alpha1.ReasonRestored, corev1.ConditionTrue)
	e.createPopulated(t, e.newAskingNamespace("installed-again", baseline))
}

// annotateNamespace sets the annotation to a value in JSON; null removes it.
func (e *env) annotateNamespace(t *testing.T, name, value string) {
	t.Helper()
	namespace := &corev1.Namespace{}
	namespace.Name = name
	patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:%s}}}`, v1alpha1.AnnotationBaseline, value)
	if err := e.Patch(e.newContext(t), namespace, client.RawPatch(types.MergePatchType, []byte(patch))); err != nil {
		t.Fatalf("annotating namespace %s: %v", name, err)
	}
}
