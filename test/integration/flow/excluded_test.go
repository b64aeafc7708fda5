package flow

import (
	"context"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/test/seedbed"
)

func TestSystemNamespacesAreNeverPopulated(t *testing.T) {
	w := own(t)
	w.start()
	backup := w.backup(w.source(configMap("seeded")), "configmaps")
	w.baseline(backup.Name, func(s *v1alpha1.BaselineSpec) { // everything, everywhere, however old
		s.NamespaceSelector, s.ExistingNamespaces, s.Enforcement = &metav1.LabelSelector{}, v1alpha1.ExistingNamespacesPopulate, v1alpha1.EnforcementRequired
	})
	// A name that only sounds like the system's escapes nothing: not a Required baseline, and not the review.
	w.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "kube-anything"}}, asking("kube-declines", v1alpha1.NoBaseline))
	w.refused(w.user("bob", onNamespaces...).Create(w.ctx(), asking("kube-asks", "no-such-baseline")), byPolicy)
	w.eventually(func(ctx context.Context) error { // the others hold it by then
		var namespaces corev1.NamespaceList
		if err := w.Client.List(ctx, &namespaces); err != nil {
			return err
		}
		for _, namespace := range namespaces.Items {
			system := policy.Excluded(namespace.Name, seedbed.Namespace)
			if populated := w.there(&corev1.ConfigMap{}, namespace.Name, "seeded"); populated && system {
				w.t.Fatalf("%s was populated", namespace.Name)
			} else if !populated && !system {
				return fmt.Errorf("%s is not populated yet", namespace.Name)
			}
		}
		return nil
	})
	after := w.name("after")
	w.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: after}})
	w.awaitReady(after, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	for _, name := range []string{"kube-system", "kube-public", "kube-node-lease", "seedbed-system"} {
		found, err := w.condition(w.ctx(), name)
		if err != nil || found != nil || w.there(&corev1.ConfigMap{}, name, "seeded") {
			t.Errorf("%s was written to: %v (%v)", name, found, err)
		}
	}
	byHand := &v1alpha1.BaselineRestore{ObjectMeta: metav1.ObjectMeta{Namespace: "kube-public", Name: "by-hand"}, Spec: v1alpha1.BaselineRestoreSpec{Backup: backup.Name}}
	w.refused(w.Client.Create(w.ctx(), byHand), "kube-public", "belongs to the system")
	w.removeWebhooks() // without which it is only found out later
	w.create(byHand)
	w.says(w.awaitPhase(byHand, &byHand.Status.Conditions, v1alpha1.PhaseFailed).Message, "kube-public", "system")
}
