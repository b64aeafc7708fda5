package flow

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/seedbed"
)

// Whoever sees what a backup holds may restore from it, and may ask.
func TestAPreviewIsForThoseWhoMayRestore(t *testing.T) {
	w := shared(t)
	backup := w.backup(w.source(configMap("a")), "configmaps").Name
	baseline := w.baseline(backup, nil).Name
	target := w.prepared().Name
	spec := v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: backup}
	asks, restores := may("create", v1alpha1.GroupName, "baselinepreviews"), may(v1alpha1.VerbRestore, v1alpha1.GroupName, "baselinebackups", backup)

	both := w.user("both", asks, restores)
	for _, spec := range []v1alpha1.BaselinePreviewSpec{spec, {Namespace: target, Baseline: baseline}} {
		if _, err := w.previewBy(both, spec); err != nil {
			t.Errorf("who may ask and restore is refused: %v", err)
		}
	}
	tests := []struct {
		name string
		who  client.Client
		spec v1alpha1.BaselinePreviewSpec
		says string
	}{
		{"without restore on the backup", w.user("asks", asks), spec, "does not exist, or you may not restore from it: ask an administrator"},
		{"without restore on the baseline's backup", w.user("asks-too", asks), v1alpha1.BaselinePreviewSpec{Namespace: target, Baseline: baseline},
			"does not exist, or you may not restore from its backup: ask an administrator"},
		{"without create on previews", w.user("restores", restores), spec, "cannot create resource"},
		{"of another backup", both, v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: backup + "x"}, `or you may not restore from it: did you mean "` + backup + `"?`}, // a near name: of far ones not all are reviewed
		{"of a backup that is not there", w.Client, v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: backup + "x"}, `does not exist: did you mean "` + backup + `"?`},
		{"of a baseline that is not there", w.Client, v1alpha1.BaselinePreviewSpec{Namespace: target, Baseline: baseline + "x"}, `does not exist: did you mean "` + baseline + `"?`},
		{"into a system namespace", w.Client, v1alpha1.BaselinePreviewSpec{Namespace: "kube-system", Backup: backup}, "belongs to the system"},
		{"into Seedbed's own", w.Client, v1alpha1.BaselinePreviewSpec{Namespace: seedbed.Namespace, Backup: backup}, "belongs to the system"},
		{"into no namespace's name", w.Client, v1alpha1.BaselinePreviewSpec{Namespace: "Bar", Backup: backup}, "cannot be the name of a namespace"},
		{"of both", w.Client, v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: backup, Baseline: baseline}, "set exactly one of baseline and backup"},
		{"of a baseline, by rules of its own", w.Client, v1alpha1.BaselinePreviewSpec{Namespace: target, Baseline: baseline, ExistingResources: "Update"}, "a Baseline has its own"},
		{"of a namespace that the backup does not hold", w.Client, v1alpha1.BaselinePreviewSpec{Namespace: target, Backup: backup, SourceNamespace: "other"}, "does not hold namespace"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := &world{Installation: w.Installation, t: t, suffix: w.suffix}
			_, err := w.previewBy(test.who, test.spec)
			w.refused(err, test.says)
		})
	}
}

func TestANamespaceThatGoesAwayCannotBePreviewed(t *testing.T) {
	w := shared(t)
	backup := w.backup(w.source(configMap("a")), "configmaps").Name
	held := configMap("held")
	held.Finalizers = []string{"example.com/held"}
	target := w.prepared(held)
	w.t.Cleanup(func() {
		if err := w.Client.Patch(w.cleanup(), held, client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`))); err != nil {
			t.Error(err)
		}
	})
	w.remove(target)
	_, err := w.previewBy(w.Client, v1alpha1.BaselinePreviewSpec{Namespace: target.Name, Backup: backup})
	w.refused(err, "namespace "+target.Name+" is being deleted")
}

func TestABackupThatCannotBeRestoredCannotBePreviewed(t *testing.T) {
	w := shared(t)
	failed := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: w.name("backup")}, Spec: v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{w.name("nowhere")}}}
	w.create(failed)
	w.awaitPhase(failed, &failed.Status.Conditions, v1alpha1.PhaseFailed)
	_, err := w.previewBy(w.Client, v1alpha1.BaselinePreviewSpec{Namespace: "any", Backup: failed.Name})
	w.refused(err, "backup "+failed.Name+" is Failed: it can be restored when it is Completed")

	damaged := w.another()
	backup := damaged.backup(damaged.source(configMap("a")), "configmaps").Name
	for _, secret := range damaged.chunks(backup) {
		w.remove(&secret)
	}
	_, err = w.previewBy(w.Client, v1alpha1.BaselinePreviewSpec{Namespace: "any", Backup: backup})
	w.refused(err, "backup "+backup+": backup content")
}
