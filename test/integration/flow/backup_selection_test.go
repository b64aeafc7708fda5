package flow

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// kept makes a backup and deletes it, and puts its content back: so an uninstallation that takes the CRDs along leaves it.
func (w *world) kept(spec v1alpha1.BaselineBackupSpec) (name, digest string) {
	w.t.Helper()
	backup := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: w.name("backup")}, Spec: spec}
	w.create(backup)
	w.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseCompleted)
	entry, content, err := w.store().Get(w.ctx(), backup.Name)
	if err != nil {
		w.t.Fatal(err)
	}
	w.remove(backup)
	w.awaitGone(backup)
	if _, err := w.store().Put(w.ctx(), backup.Name, entry.Meta, content); err != nil {
		w.t.Fatal(err)
	}
	nextSecond(metav1.Now()) // content of a backup's own second counts as its own
	return backup.Name, backup.Status.Digest
}

// Kept content belongs to its selection: a backup of the same name that selects something else replaces nothing, and its
// own deletion removes nothing.
func TestBackupWithAnotherSelectionReplacesNothing(t *testing.T) {
	w := shared(t)
	source := w.source(configMap("a"), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "token"}})
	first := v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{source}, IncludedResources: []string{"configmaps"}}
	name, digest := w.kept(first)

	second := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: first}
	second.Spec.IncludedResources = []string{"secrets"}
	w.create(second)
	ready := w.awaitPhase(second, &second.Status.Conditions, v1alpha1.PhaseFailed)
	w.says(ready.Message, "another selection", "another name", "configmaps", source)
	w.holdsDigest(name, digest)

	w.remove(second)
	w.awaitGone(second)
	w.holdsDigest(name, digest)

	w.remove(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: source, Name: "a"}}) // what is taken now has another digest
	again := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: first}
	w.create(again)
	w.awaitPhase(again, &again.Status.Conditions, v1alpha1.PhaseCompleted)
	if !again.Status.Adopted || again.Status.Digest != digest {
		t.Errorf("adopted %t, digest %s; want %s", again.Status.Adopted, again.Status.Digest, digest)
	}
	w.remove(again)
	w.awaitGone(again)
	if stored := w.stored(name); len(stored) > 0 {
		t.Errorf("%d Secrets are left of a backup that is gone", len(stored))
	}
}

// A backup that kept content stands in the way of is not restored from: nothing of that content is handed out by its name.
func TestBackupWithAnotherSelectionIsNotRestored(t *testing.T) {
	w := shared(t)
	source := w.source(configMap("a"))
	name, _ := w.kept(v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{source}, IncludedResources: []string{"configmaps"}})
	second := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.BaselineBackupSpec{
		IncludedNamespaces: []string{source}, IncludedResources: []string{"services"},
	}}
	w.create(second)
	w.awaitPhase(second, &second.Status.Conditions, v1alpha1.PhaseFailed)
	restored := w.byHand(w.prepared().Name, name, "", v1alpha1.PhaseFailed)
	w.says(fmt.Sprint(restored.Errors), "backup "+name+" is Failed")
	if err := w.Client.Get(w.ctx(), client.ObjectKeyFromObject(second), second); err != nil || second.Status.Digest != "" {
		t.Errorf("digest %q, %v; want none", second.Status.Digest, err)
	}
}

// holdsDigest fails the test unless the store holds content of that digest under the name.
func (w *world) holdsDigest(name, digest string) {
	w.t.Helper()
	entry, _, err := w.store().Get(w.ctx(), name)
	if err != nil || entry.Digest != digest {
		w.t.Fatalf("the store holds %s, %v; want %s", entry.Digest, err, digest)
	}
}
