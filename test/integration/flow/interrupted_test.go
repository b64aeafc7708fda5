package flow

import (
	"sync/atomic"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestInterruptedBackupIsRetried(t *testing.T) {
	e := newInstallation(t)
	controller := e.startController()
	source := e.createSource(configMap("a"), configMap("b"))
	backup := &v1alpha1.BaselineBackup{
		ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("backup")},
		Spec:       v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{source}, IncludedResources: []string{"configmaps"}},
	}
	// The index of the stored content is written last. Another webhook stops it there, once.
	var stopped atomic.Bool
	reached, release := make(chan struct{}), make(chan struct{})
	probe := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: "probe"}}
	e.reviewCreations("secrets", probe, func(request *admissionv1.AdmissionRequest) string {
		if request.Name != "seedbed-backup-"+backup.Name || !stopped.CompareAndSwap(false, true) {
			return ""
		}
		close(reached)
		<-release
		return "the test ended the controller"
	})
	defer close(release) // before the webhook's server is closed
	e.createObjects(backup)
	select {
	case <-reached:
	case <-e.ctx().Done():
		t.Fatal("the content was never stored")
	}
	controller.Kill()
	release <- struct{}{}

	if len(e.listChunks(backup.Name)) == 0 {
		t.Fatal("the controller was killed before it had stored anything")
	}
	e.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseInProgress)
	e.startController()
	e.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseCompleted)
	stored, _, err := e.contentStore().Get(e.ctx(), backup.Name)
	if err != nil || stored.Digest != backup.Status.Digest || backup.Status.Adopted {
		t.Errorf("the store has %s (%v), the status says %s", stored.Digest, err, backup.Status.Digest)
	}
	baseline := e.createBaseline(backup.Name, nil)
	e.createObjects(annotatedNamespace("target", baseline.Name))
	e.awaitReady("target", corev1.ConditionTrue, v1alpha1.ReasonRestored)
	if !e.objectExists(&corev1.ConfigMap{}, "target", "a") || !e.objectExists(&corev1.ConfigMap{}, "target", "b") {
		t.Error("the backup is not whole")
	}
}

func TestStoredContentIsAdopted(t *testing.T) {
	e := newInstallation(t)
	controller := e.startController()
	kept := configMap("a")
	source := e.createSource(kept)
	first := e.createBackup(source, "configmaps")
	controller.Stop()
	// The remains of a lost BaselineBackup: no controller ran to remove its content.
	webhooks := e.removeWebhooks()
	e.updateObject(first, func() { first.Finalizers = nil })
	e.deleteObjects(first)
	e.awaitGone(first)
	e.updateObject(kept, func() { kept.Data["key"] = "changed since" })
	e.awaitLaterSecond(first.CreationTimestamp)

	e.createObjects(webhooks)
	e.startController()
	again := e.createBackup(source, "configmaps")
	if !again.Status.Adopted || again.Status.Digest != first.Status.Digest || again.Status.Progress.ItemsBackedUp != first.Status.Progress.ItemsBackedUp {
		t.Errorf("the status is %+v, want that of the first: %+v", again.Status, first.Status)
	}
	baseline := e.createBaseline(again.Name, nil)
	e.createObjects(annotatedNamespace("target", baseline.Name))
	e.awaitReady("target", corev1.ConditionTrue, v1alpha1.ReasonRestored)
	restored := &corev1.ConfigMap{}
	if !e.objectExists(restored, "target", "a") || restored.Data["key"] != "value of a" {
		t.Errorf("the target has %v, want what was stored first", restored.Data)
	}
}
