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
	e := newInstallation(t)
	e.startController()
	backup := e.createBackup(e.createSource(configMap("seeded")), "configmaps")
	e.createBaseline(backup.Name, func(s *v1alpha1.BaselineSpec) { // everything, everywhere, however old
		s.NamespaceSelector, s.ExistingNamespaces, s.Enforcement = &metav1.LabelSelector{}, v1alpha1.ExistingNamespacesPopulate, v1alpha1.EnforcementRequired
	})
	// A name that only resembles the system's is not exempt: not from a Required baseline, and not from the review.
	e.createObjects(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "kube-anything"}}, annotatedNamespace("kube-declines", v1alpha1.NoBaseline))
	e.requireRefused(e.newUser("bob", onNamespaces...).Create(e.ctx(), annotatedNamespace("kube-asks", "no-such-baseline")), byPolicy)
	e.eventually(func(ctx context.Context) error { // the others hold it by then
		var namespaces corev1.NamespaceList
		if err := e.Client.List(ctx, &namespaces); err != nil {
			return err
		}
		for _, namespace := range namespaces.Items {
			system := policy.Excluded(namespace.Name, seedbed.Namespace)
			if populated := e.objectExists(&corev1.ConfigMap{}, namespace.Name, "seeded"); populated && system {
				e.t.Fatalf("%s was populated", namespace.Name)
			} else if !populated && !system {
				return fmt.Errorf("%s is not populated yet", namespace.Name)
			}
		}
		return nil
	})
	after := e.uniqueName("after")
	e.createObjects(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: after}})
	e.awaitReady(after, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	for _, name := range []string{"kube-system", "kube-public", "kube-node-lease", "seedbed-system"} {
		found, err := e.readyCondition(e.ctx(), name)
		if err != nil || found != nil || e.objectExists(&corev1.ConfigMap{}, name, "seeded") {
			t.Errorf("%s was written to: %v (%v)", name, found, err)
		}
	}
	byHand := &v1alpha1.BaselineRestore{ObjectMeta: metav1.ObjectMeta{Namespace: "kube-public", Name: "by-hand"}, Spec: v1alpha1.BaselineRestoreSpec{Backup: backup.Name}}
	e.requireRefused(e.Client.Create(e.ctx(), byHand), "kube-public", "belongs to the system")
	e.removeWebhooks() // without them it is only found out later
	e.createObjects(byHand)
	e.requireContains(e.awaitPhase(byHand, &byHand.Status.Conditions, v1alpha1.PhaseFailed).Message, "kube-public", "system")
}
