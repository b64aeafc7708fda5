package flow

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/seedbed"
)

// The chart's removal, with the arguments and the permissions that the chart gives it, and then Seedbed installed again:
// first over the objects that were left, then where the CRDs were deleted as well.
func TestRemovalHoldsNothingUpAndANewInstallationFindsWhatWasKept(t *testing.T) {
	w := own(t)
	controller := w.start()
	source := w.source(configMap("a"))
	backup := w.backup(source, "configmaps")
	baseline := w.baseline(backup.Name, nil)
	kept := w.secrets(backup.Name)
	preview, err := w.previewRequest(w.Client, v1alpha1.BaselinePreviewSpec{Namespace: "uninstalled", Baseline: baseline.Name})
	if err != nil {
		t.Fatal(err)
	}
	w.awaitAnswer(preview)
	w.apply("config/removal/*.yaml")
	w.apply("config/gate/*.yaml")

	pod := w.controllerPod()
	removed := w.removal()
	w.eventually(func(ctx context.Context) error {
		if err := w.Client.Get(ctx, client.ObjectKeyFromObject(pod), pod); err != nil {
			return err
		}
		if pod.DeletionTimestamp == nil {
			return fmt.Errorf("pod %s was not asked to end", pod.Name)
		}
		return nil
	})
	if w.there(&admissionregistrationv1.ValidatingWebhookConfiguration{}, "", seedbed.WebhookConfiguration) {
		t.Error("the controllers end before the webhook configuration is gone")
	}
	for _, name := range []string{"seedbed-gate", "seedbed-gate-stamps"} {
		if w.there(&admissionregistrationv1.ValidatingAdmissionPolicyBinding{}, "", name) || w.there(&admissionregistrationv1.ValidatingAdmissionPolicy{}, "", name) {
			t.Errorf("the controllers end before the policy %s is gone", name)
		}
	}
	if !w.holdsContent(backup) {
		t.Error("the finalizer was taken off while a controller still ran")
	}
	controller.Stop()
	if err := w.Client.Delete(w.ctx(), pod, client.GracePeriodSeconds(0)); err != nil { // as its kubelet would
		t.Fatal(err)
	}
	removed()
	if w.holdsContent(backup) {
		t.Error("the finalizer is still there")
	}
	w.awaitGone(preview)
	w.removal()() // a second time there is nothing to do
	if diff := cmp.Diff(kept, w.secrets(backup.Name)); diff != "" {
		t.Errorf("the stored content is not what it was: %s", diff)
	}
	w.create(asking("uninstalled", baseline.Name)) // as an administrator: the policies are still there
	w.refused(w.user("bob", onNamespaces...).Create(w.ctx(), asking("by-bob", baseline.Name)), byPolicy)
	// Who may ask for a preview is still reviewed: the next installation answers it.
	tenant := w.user("tenant", may("create", v1alpha1.GroupName, "baselinepreviews"))
	_, err = w.previewBy(tenant, v1alpha1.BaselinePreviewSpec{Namespace: "uninstalled", Baseline: baseline.Name})
	w.refused(err, "you may not restore from it")

	controller = w.startAgain()
	w.eventually(func(context.Context) error {
		if !w.holdsContent(backup) {
			return fmt.Errorf("backup %s is not held again", backup.Name)
		}
		return nil
	})
	w.populates("installed-again", baseline.Name, "a")
	w.awaitReady("uninstalled", corev1.ConditionTrue, v1alpha1.ReasonRestored) // it was reviewed

	w.remove(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: source, Name: "a"}}) // so that a backup that is taken anew would be another one
	w.removalWithout(controller)
	w.deleteDefinitions()
	w.removal()() // without CRDs too
	w.apply("config/crd/*.yaml")
	if err := w.AwaitAPI(w.ctx()); err != nil {
		t.Fatal(err)
	}
	w.startAgain()
	again := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: backup.Name}, Spec: backup.Spec}
	w.create(again)
	w.awaitPhase(again, &again.Status.Conditions, v1alpha1.PhaseCompleted)
	if !again.Status.Adopted || again.Status.Digest != backup.Status.Digest {
		t.Errorf("the backup was taken anew: adopted %t, digest %s; want %s", again.Status.Adopted, again.Status.Digest, backup.Status.Digest)
	}
	w.populates("defined-again", w.baseline(again.Name, nil).Name, "a")
}

// A backup that is being deleted, and that a Baseline still holds, would keep its CRD from going.
func TestRemovalLetsGoOfABackupThatIsBeingDeleted(t *testing.T) {
	w := own(t)
	controller := w.start()
	backup := w.backup(w.source(configMap("a")), "configmaps")
	w.baseline(backup.Name, nil)
	w.change(backup, func() { backup.Finalizers = append(backup.Finalizers, "example.org/other") })
	if err := w.asSeedbed().Delete(w.ctx(), backup.DeepCopy()); err != nil {
		t.Fatal(err)
	}
	w.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseDeleting)
	kept := w.secrets(backup.Name)
	w.apply("config/removal/*.yaml")
	w.removalWithout(controller)
	if err := w.Client.Get(w.ctx(), client.ObjectKeyFromObject(backup), backup); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"example.org/other"}, backup.Finalizers); diff != "" {
		t.Errorf("only Seedbed's own finalizer is Seedbed's to take away: %s", diff)
	}
	w.change(backup, func() { backup.Finalizers = nil })
	w.awaitGone(backup)
	if diff := cmp.Diff(kept, w.secrets(backup.Name)); diff != "" {
		t.Errorf("the stored content is not what it was: %s", diff)
	}
}

func (w *world) apply(files string) {
	w.t.Helper()
	if err := w.Apply(w.ctx(), files); err != nil {
		w.t.Fatal(err)
	}
}

// removal runs what the chart's Job would; the function that it returns waits for its end.
func (w *world) removal() func() {
	w.t.Helper()
	pod := w.removalPod()
	command, err := w.Command(w.ctx(), pod.ServiceAccountName, pod.Containers[0].Args...)
	if err != nil {
		w.t.Fatal(err)
	}
	type result struct {
		out []byte
		err error
	}
	ended := make(chan result, 1)
	go func() {
		out, err := command.CombinedOutput()
		ended <- result{out, err}
	}()
	return func() {
		w.t.Helper()
		r := <-ended
		w.t.Logf("%s", r.out)
		if r.err != nil {
			w.t.Fatalf("the removal failed: %v", r.err)
		}
	}
}

// startAgain is what a new installation does where Seedbed's permissions and policies are still there.
func (w *world) startAgain() *seedbed.Controller {
	w.t.Helper()
	w.apply("config/webhook/*.yaml")
	return w.start()
}

// removalPod is the pod of the chart's Job. No node runs it here.
func (w *world) removalPod() corev1.PodSpec {
	w.t.Helper()
	job := &batchv1.Job{}
	if err := w.Client.Get(w.ctx(), client.ObjectKey{Namespace: seedbed.Namespace, Name: "seedbed-removal"}, job); err != nil {
		w.t.Fatal(err)
	}
	return job.Spec.Template.Spec
}

// removalWithout runs the removal after the controller has ended: its process is in no pod that the removal could end.
func (w *world) removalWithout(controller *seedbed.Controller) {
	w.t.Helper()
	controller.Stop()
	w.removal()()
}

// controllerPod is in the controller's place as far as the cluster knows: in a Deployment as the chart's, on a node that
// has no kubelet, so that it ends when the test says so.
func (w *world) controllerPod() *corev1.Pod {
	w.t.Helper()
	labels := map[string]string{"app.kubernetes.io/name": "seedbed", "app.kubernetes.io/instance": "seedbed"}
	pod := w.removalPod() // as restricted as the namespace wants it
	pod.NodeName, pod.ServiceAccountName, pod.RestartPolicy = "removal", seedbed.ServiceAccount, corev1.RestartPolicyAlways
	w.create(
		&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "removal"}},
		&appsv1.Deployment{
			ObjectMeta: metav1.ObjectMeta{Namespace: seedbed.Namespace, Name: "seedbed"},
			Spec: appsv1.DeploymentSpec{
				Replicas: ptr.To[int32](1), Selector: &metav1.LabelSelector{MatchLabels: labels},
				Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: pod},
			},
		})
	var pods corev1.PodList
	w.eventually(func(ctx context.Context) error {
		err := w.Client.List(ctx, &pods, client.InNamespace(seedbed.Namespace), client.MatchingLabels(labels))
		if err == nil && len(pods.Items) != 1 {
			err = fmt.Errorf("%d pods are there; want 1", len(pods.Items))
		}
		return err
	})
	return &pods.Items[0]
}

func (w *world) holdsContent(backup *v1alpha1.BaselineBackup) bool {
	w.t.Helper()
	current := &v1alpha1.BaselineBackup{}
	if err := w.Client.Get(w.ctx(), client.ObjectKeyFromObject(backup), current); err != nil {
		w.t.Fatal(err)
	}
	return slices.Contains(current.Finalizers, v1alpha1.FinalizerContent)
}

// secrets are the UIDs and versions of those that hold a backup, by name.
func (w *world) secrets(backup string) map[string]string {
	w.t.Helper()
	versions := map[string]string{}
	for _, secret := range w.stored(backup) {
		versions[secret.Name] = string(secret.UID) + " " + secret.ResourceVersion
	}
	if len(versions) == 0 {
		w.t.Fatalf("nothing is stored of backup %s", backup)
	}
	return versions
}

// populates makes a namespace that asks for the baseline and waits until it holds the ConfigMap.
func (w *world) populates(namespace, baseline, name string) {
	w.t.Helper()
	w.create(asking(namespace, baseline))
	w.awaitReady(namespace, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	if !w.there(&corev1.ConfigMap{}, namespace, name) {
		w.t.Errorf("ConfigMap %s is not in namespace %s", name, namespace)
	}
}

// deleteDefinitions deletes the CRDs, and with them every object of theirs.
func (w *world) deleteDefinitions() {
	w.t.Helper()
	for _, plural := range []string{"baselines", "baselinebackups", "baselinerecords", "baselinerestores", "baselinepreviews"} {
		definition := &unstructured.Unstructured{}
		definition.SetName(plural + "." + v1alpha1.GroupName)
		definition.SetGroupVersionKind(schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"})
		w.remove(definition)
		w.awaitGone(definition)
	}
}
