package flow

import (
	"sync/atomic"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestABackupCutOffByACrashIsTakenAgainAndNeverCompletedHalf(t *testing.T) {
	w := own(t)
	controller := w.start()
	source := w.source(configMap("a"), configMap("b"))
	backup := &v1alpha1.BaselineBackup{
		ObjectMeta: metav1.ObjectMeta{Name: w.name("backup")},
		Spec:       v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{source}, IncludedResources: []string{"configmaps"}},
	}
	// The index of the stored content is written last. Another webhook stops it there, once.
	var stopped atomic.Bool
	reached, release := make(chan struct{}), make(chan struct{})
	probe := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: "probe"}}
	w.reviewCreations("secrets", probe, func(request *admissionv1.AdmissionRequest) string {
		if request.Name != "seedbed-backup-"+backup.Name || !stopped.CompareAndSwap(false, true) {
			return ""
		}
		close(reached)
		<-release
		return "the test ended the controller"
	})
	defer close(release) // before the webhook's server is closed
	w.create(backup)
	select {
	case <-reached:
	case <-w.ctx().Done():
		t.Fatal("the content was never stored")
	}
	controller.Kill()
	release <- struct{}{}

	if len(w.chunks(backup.Name)) == 0 {
		t.Fatal("the controller was killed before it had stored anything")
	}
	w.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseInProgress)
	w.start()
	w.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseCompleted)
	stored, _, err := w.store().Get(w.ctx(), backup.Name)
	if err != nil || stored.Digest != backup.Status.Digest || backup.Status.Adopted {
		t.Errorf("the store has %s (%v), the status says %s", stored.Digest, err, backup.Status.Digest)
	}
	baseline := w.baseline(backup.Name, nil)
	w.create(asking("target", baseline.Name))
	w.awaitReady("target", corev1.ConditionTrue, v1alpha1.ReasonRestored)
	if !w.there(&corev1.ConfigMap{}, "target", "a") || !w.there(&corev1.ConfigMap{}, "target", "b") {
		t.Error("the backup is not whole")
	}
}

func TestContentThatIsStoredIsAdoptedAndNotTakenAgain(t *testing.T) {
	w := own(t)
	controller := w.start()
	kept := configMap("a")
	source := w.source(kept)
	first := w.backup(source, "configmaps")
	controller.Stop()
	// What is left of a lost BaselineBackup: nobody was there to remove its content.
	webhooks := w.removeWebhooks()
	w.change(first, func() { first.Finalizers = nil })
	w.remove(first)
	w.awaitGone(first)
	w.change(kept, func() { kept.Data["key"] = "changed since" })
	nextSecond(first.CreationTimestamp)

	w.create(webhooks)
	w.start()
	again := w.backup(source, "configmaps")
	if !again.Status.Adopted || again.Status.Digest != first.Status.Digest || again.Status.Progress.ItemsBackedUp != first.Status.Progress.ItemsBackedUp {
		t.Errorf("the status is %+v, want that of the first: %+v", again.Status, first.Status)
	}
	baseline := w.baseline(again.Name, nil)
	w.create(asking("target", baseline.Name))
	w.awaitReady("target", corev1.ConditionTrue, v1alpha1.ReasonRestored)
	restored := &corev1.ConfigMap{}
	if !w.there(restored, "target", "a") || restored.Data["key"] != "value of a" {
		t.Errorf("the target has %v, want what was stored first", restored.Data)
	}
}
