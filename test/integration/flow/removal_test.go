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
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/seedbed"
)

// The chart's removal, with the chart's arguments and permissions, and then Seedbed installed again: first over the objects
// that were left, then after the CRDs were deleted as well.
func TestRemovalAndReinstallation(t *testing.T) {
	e := newInstallation(t)
	controller := e.startController()
	source := e.createSource(configMap("a"))
	backup := e.createBackup(source, "configmaps")
	baseline := e.createBaseline(backup.Name, nil)
	kept := e.listSecretVersions(backup.Name)
	preview, err := e.previewRequest(e.Client, v1alpha1.BaselinePreviewSpec{Namespace: "uninstalled", Baseline: baseline.Name})
	if err != nil {
		t.Fatal(err)
	}
	e.awaitAnswer(preview)
	e.applyFiles("config/removal/*.yaml")
	e.applyFiles("config/gate/*.yaml")

	pod := e.controllerPod()
	removed := e.startRemoval()
	e.eventually(func(ctx context.Context) error {
		if err := e.Client.Get(ctx, client.ObjectKeyFromObject(pod), pod); err != nil {
			return err
		}
		if pod.DeletionTimestamp == nil {
			return fmt.Errorf("pod %s was not asked to end", pod.Name)
		}
		return nil
	})
	if e.objectExists(&admissionregistrationv1.ValidatingWebhookConfiguration{}, "", seedbed.WebhookConfiguration) {
		t.Error("the controllers end before the webhook configuration is gone")
	}
	for _, name := range []string{"seedbed-gate", "seedbed-gate-stamps"} {
		if e.objectExists(&admissionregistrationv1.ValidatingAdmissionPolicyBinding{}, "", name) || e.objectExists(&admissionregistrationv1.ValidatingAdmissionPolicy{}, "", name) {
			t.Errorf("the controllers end before the policy %s is gone", name)
		}
	}
	if !e.holdsContent(backup) {
		t.Error("the finalizer was taken off while a controller still ran")
	}
	controller.Stop()
	if err := e.Client.Delete(e.ctx(), pod, client.GracePeriodSeconds(0)); err != nil { // as its kubelet would
		t.Fatal(err)
	}
	removed()
	if e.holdsContent(backup) {
		t.Error("the finalizer is still there")
	}
	e.awaitGone(preview)
	e.startRemoval()() // a second time there is nothing to do
	if diff := cmp.Diff(kept, e.listSecretVersions(backup.Name)); diff != "" {
		t.Errorf("the stored content is not what it was: %s", diff)
	}
	e.createObjects(annotatedNamespace("uninstalled", baseline.Name)) // as an administrator: the policies are still there
	e.requireRefused(e.newUser("bob", onNamespaces...).Create(e.ctx(), annotatedNamespace("by-bob", baseline.Name)), byPolicy)
	// The creator of a preview is still reviewed: the next installation answers it.
	tenant := e.newUser("tenant", newRule("create", v1alpha1.GroupName, "baselinepreviews"))
	_, err = e.previewBy(tenant, v1alpha1.BaselinePreviewSpec{Namespace: "uninstalled", Baseline: baseline.Name})
	e.requireRefused(err, "you may not restore from it")

	controller = e.startAgain()
	e.eventually(func(context.Context) error {
		if !e.holdsContent(backup) {
			return fmt.Errorf("backup %s is not held again", backup.Name)
		}
		return nil
	})
	e.requirePopulated("installed-again", baseline.Name, "a")
	e.awaitReady("uninstalled", corev1.ConditionTrue, v1alpha1.ReasonRestored) // it was reviewed

	e.deleteObjects(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: source, Name: "a"}}) // so that a backup that is taken anew would be another one
	e.removalWithout(controller)
	e.deleteDefinitions()
	e.startRemoval()() // without CRDs too
	e.applyFiles("config/crd/*.yaml")
	if err := e.AwaitAPI(e.ctx()); err != nil {
		t.Fatal(err)
	}
	e.startAgain()
	again := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: backup.Name}, Spec: backup.Spec}
	e.createObjects(again)
	e.awaitPhase(again, &again.Status.Conditions, v1alpha1.PhaseCompleted)
	if !again.Status.Adopted || again.Status.Digest != backup.Status.Digest {
		t.Errorf("the backup was taken anew: adopted %t, digest %s; want %s", again.Status.Adopted, again.Status.Digest, backup.Status.Digest)
	}
	e.requirePopulated("defined-again", e.createBaseline(again.Name, nil).Name, "a")
}

// A backup that is being deleted, and that a Baseline still holds, would block the deletion of its CRD.
func TestRemovalReleasesDeletedBackup(t *testing.T) {
	e := newInstallation(t)
	controller := e.startController()
	backup := e.createBackup(e.createSource(configMap("a")), "configmaps")
	e.createBaseline(backup.Name, nil)
	e.updateObject(backup, func() { backup.Finalizers = append(backup.Finalizers, "example.org/other") })
	if err := e.asSeedbed().Delete(e.ctx(), backup.DeepCopy()); err != nil {
		t.Fatal(err)
	}
	e.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseDeleting)
	kept := e.listSecretVersions(backup.Name)
	e.applyFiles("config/removal/*.yaml")
	e.removalWithout(controller)
	if err := e.Client.Get(e.ctx(), client.ObjectKeyFromObject(backup), backup); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"example.org/other"}, backup.Finalizers); diff != "" {
		t.Errorf("only Seedbed's own finalizer is Seedbed's to take away: %s", diff)
	}
	e.updateObject(backup, func() { backup.Finalizers = nil })
	e.awaitGone(backup)
	if diff := cmp.Diff(kept, e.listSecretVersions(backup.Name)); diff != "" {
		t.Errorf("the stored content is not what it was: %s", diff)
	}
}

func (e *env) applyFiles(files string) {
	e.t.Helper()
	if err := e.Apply(e.ctx(), files); err != nil {
		e.t.Fatal(err)
	}
}

// startRemoval starts the command of the chart's Job; the returned function waits for its end.
func (e *env) startRemoval() func() {
	e.t.Helper()
	pod := e.removalPod()
	command, err := e.Command(e.ctx(), pod.ServiceAccountName, pod.Containers[0].Args...)
	if err != nil {
		e.t.Fatal(err)
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
		e.t.Helper()
		r := <-ended
		e.t.Logf("%s", r.out)
		if r.err != nil {
			e.t.Fatalf("the removal failed: %v", r.err)
		}
	}
}

// startAgain does the work of a new installation where Seedbed's permissions and policies still exist.
func (e *env) startAgain() *seedbed.Controller {
	e.t.Helper()
	e.applyFiles("config/webhook/*.yaml")
	return e.startController()
}

// removalPod returns the pod of the chart's Job. No node runs it here.
func (e *env) removalPod() corev1.PodSpec {
	e.t.Helper()
	job := &batchv1.Job{}
	if err := e.Client.Get(e.ctx(), client.ObjectKey{Namespace: seedbed.Namespace, Name: "seedbed-removal"}, job); err != nil {
		e.t.Fatal(err)
	}
	return job.Spec.Template.Spec
}

// removalWithout runs the removal after the controller has ended: its process is in no pod that the removal could end.
func (e *env) removalWithout(controller *seedbed.Controller) {
	e.t.Helper()
	controller.Stop()
	e.startRemoval()()
}

// controllerPod creates a pod in the controller's place: in a Deployment as the chart's, on a node without a kubelet, so
// that it ends when the test deletes it.
func (e *env) controllerPod() *corev1.Pod {
	e.t.Helper()
	labels := map[string]string{"app.kubernetes.io/name": "seedbed", "app.kubernetes.io/instance": "seedbed"}
	pod := e.removalPod() // as restricted as the namespace wants it
	pod.NodeName, pod.ServiceAccountName, pod.RestartPolicy = "removal", seedbed.ServiceAccount, corev1.RestartPolicyAlways
	e.createObjects(
		&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "removal"}},
		&appsv1.Deployment{
			ObjectMeta: metav1.ObjectMeta{Namespace: seedbed.Namespace, Name: "seedbed"},
			Spec: appsv1.DeploymentSpec{
				Replicas: new(int32(1)), Selector: &metav1.LabelSelector{MatchLabels: labels},
				Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: pod},
			},
		})
	var pods corev1.PodList
	e.eventually(func(ctx context.Context) error {
		err := e.Client.List(ctx, &pods, client.InNamespace(seedbed.Namespace), client.MatchingLabels(labels))
		if err == nil && len(pods.Items) != 1 {
			err = fmt.Errorf("%d pods are there; want 1", len(pods.Items))
		}
		return err
	})
	return &pods.Items[0]
}

func (e *env) holdsContent(backup *v1alpha1.BaselineBackup) bool {
	e.t.Helper()
	current := &v1alpha1.BaselineBackup{}
	if err := e.Client.Get(e.ctx(), client.ObjectKeyFromObject(backup), current); err != nil {
		e.t.Fatal(err)
	}
	return slices.Contains(current.Finalizers, v1alpha1.FinalizerContent)
}

// listSecretVersions returns the UIDs and versions of the Secrets that hold a backup, by name.
func (e *env) listSecretVersions(backup string) map[string]string {
	e.t.Helper()
	versions := map[string]string{}
	for _, secret := range e.listStored(backup) {
		versions[secret.Name] = string(secret.UID) + " " + secret.ResourceVersion
	}
	if len(versions) == 0 {
		e.t.Fatalf("nothing is stored of backup %s", backup)
	}
	return versions
}

// requirePopulated creates a namespace that requests the baseline and waits until it holds the ConfigMap.
func (e *env) requirePopulated(namespace, baseline, name string) {
	e.t.Helper()
	e.createObjects(annotatedNamespace(namespace, baseline))
	e.awaitReady(namespace, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	if !e.objectExists(&corev1.ConfigMap{}, namespace, name) {
		e.t.Errorf("ConfigMap %s is not in namespace %s", name, namespace)
	}
}

// deleteDefinitions deletes the CRDs, and with them every object of theirs.
func (e *env) deleteDefinitions() {
	e.t.Helper()
	for _, plural := range []string{"baselines", "baselinebackups", "baselinerecords", "baselinerestores", "baselinepreviews"} {
		definition := &unstructured.Unstructured{}
		definition.SetName(plural + "." + v1alpha1.GroupName)
		definition.SetGroupVersionKind(schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"})
		e.deleteObjects(definition)
		e.awaitGone(definition)
	}
}
