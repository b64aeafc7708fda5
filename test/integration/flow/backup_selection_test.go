package flow

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// keepContent creates a backup, deletes it, and puts its content back: an uninstallation that deletes the CRDs leaves the
// same.
func (e *env) keepContent(spec v1alpha1.BaselineBackupSpec) (name, digest string) {
	e.t.Helper()
	backup := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("backup")}, Spec: spec}
	e.createObjects(backup)
	e.awaitPhase(backup, &backup.Status.Conditions, v1alpha1.PhaseCompleted)
	entry, content, err := e.contentStore().Get(e.ctx(), backup.Name)
	if err != nil {
		e.t.Fatal(err)
	}
	e.deleteObjects(backup)
	e.awaitGone(backup)
	if _, err := e.contentStore().Put(e.ctx(), backup.Name, entry.Meta, content); err != nil {
		e.t.Fatal(err)
	}
	e.awaitLaterSecond(metav1.Now()) // content of a backup's own second counts as its own
	return backup.Name, backup.Status.Digest
}

// Kept content belongs to its selection: a backup of the same name that selects other objects replaces none of it, and its
// own deletion removes none.
func TestBackupWithAnotherSelectionReplacesNothing(t *testing.T) {
	e := sharedInstallation(t)
	source := e.createSource(configMap("a"), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "token"}})
	first := v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{source}, IncludedResources: []string{"configmaps"}}
	name, digest := e.keepContent(first)

	second := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: first}
	second.Spec.IncludedResources = []string{"secrets"}
	e.createObjects(second)
	ready := e.awaitPhase(second, &second.Status.Conditions, v1alpha1.PhaseFailed)
	e.requireContains(ready.Message, "another selection", "another name", "configmaps", source)
	e.requireDigest(name, digest)

	e.deleteObjects(second)
	e.awaitGone(second)
	e.requireDigest(name, digest)

	e.deleteObjects(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: source, Name: "a"}}) // a new capture has another digest
	again := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: first}
	e.createObjects(again)
	e.awaitPhase(again, &again.Status.Conditions, v1alpha1.PhaseCompleted)
	if !again.Status.Adopted || again.Status.Digest != digest {
		t.Errorf("adopted %t, digest %s; want %s", again.Status.Adopted, again.Status.Digest, digest)
	}
	e.deleteObjects(again)
	e.awaitGone(again)
	if stored := e.listStored(name); len(stored) > 0 {
		t.Errorf("%d Secrets are left of a backup that is gone", len(stored))
	}
}

// A backup that cannot replace kept content is not restored from: that content is not handed out by its name.
func TestBackupWithAnotherSelectionIsNotRestored(t *testing.T) {
	e := sharedInstallation(t)
	source := e.createSource(configMap("a"))
	name, _ := e.keepContent(v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{source}, IncludedResources: []string{"configmaps"}})
	second := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.BaselineBackupSpec{
		IncludedNamespaces: []string{source}, IncludedResources: []string{"services"},
	}}
	e.createObjects(second)
	e.awaitPhase(second, &second.Status.Conditions, v1alpha1.PhaseFailed)
	restored := e.byHand(e.createTenantNamespace().Name, name, "", v1alpha1.PhaseFailed)
	e.requireContains(fmt.Sprint(restored.Errors), "backup "+name+" is Failed")
	if err := e.Client.Get(e.ctx(), client.ObjectKeyFromObject(second), second); err != nil || second.Status.Digest != "" {
		t.Errorf("digest %q, %v; want none", second.Status.Digest, err)
	}
}

// requireDigest fails the test unless the store holds content of that digest under the name.
func (e *env) requireDigest(name, digest string) {
	e.t.Helper()
	entry, _, err := e.contentStore().Get(e.ctx(), name)
	if err != nil || entry.Digest != digest {
		e.t.Fatalf("the store holds %s, %v; want %s", entry.Digest, err, digest)
	}
}
