package flow

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Namespaces that a Baseline was closed to since, or that gave it back, keep what they hold and get nothing more.
func TestRolloutDoesNotReachReleasedNamespaces(t *testing.T) {
	f := newRollout(sharedInstallation(t), nil)
	unlabelled := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: f.namespaceName(0)}}
	f.updateObject(unlabelled, func() { delete(unlabelled.Labels, f.label) })
	asking := annotatedNamespace(f.uniqueName("asking"), f.baseline.Name)
	f.createObjects(asking)
	f.awaitReady(asking.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	f.updateObject(f.baseline, func() {
		f.baseline.Spec.AllowedNamespaces = &metav1.LabelSelector{MatchLabels: map[string]string{"no": "namespace"}}
	})
	f.rotate("new")
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	if got := string(f.getSecret(asking.Name).Data["password"]); got != "old" {
		t.Errorf("a namespace that may not have the baseline any more got %q", got)
	}
	want := slices.Repeat([]string{"new"}, f.size)
	want[0] = "old"
	f.requirePasswords("rolled out", want...)
}

// writeAs changes a Secret as a manager of any name.
func (f *fleet) writeAs(manager string, secret *corev1.Secret, edit func()) {
	f.t.Helper()
	f.updateObject(secret, func() {
		edit()
		if err := f.Client.Update(f.ctx(), secret, client.FieldOwner(manager)); err != nil {
			f.t.Fatal(err)
		}
	})
}

func TestRolloutIsNotMisledAboutOwners(t *testing.T) {
	f := newRollout(sharedInstallation(t), nil)
	cleared, forged, unlabelled, foreign := f.getSecret(f.namespaceName(0)), f.getSecret(f.namespaceName(1)), f.getSecret(f.namespaceName(2)), f.namespaceName(3)
	f.updateObject(cleared, func() {
		cleared.Data["password"], cleared.ManagedFields = []byte("mine"), []metav1.ManagedFieldsEntry{{}}
	})
	f.writeAs(v1alpha1.FieldManager, forged, func() { forged.Data["tenants"] = []byte("own") })
	f.updateObject(unlabelled, func() { delete(unlabelled.Labels, v1alpha1.LabelBaseline) })
	own := f.getSecret(foreign)
	f.deleteObjects(own)
	f.createObjects(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: foreign, Name: "db", Labels: map[string]string{v1alpha1.LabelBaseline: f.baseline.Name}},
		Data:       map[string][]byte{"password": []byte("tenant's own")},
	})
	f.rotate("new")
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	want := slices.Repeat([]string{"new"}, f.size)
	want[0], want[2], want[3] = "mine", "old", "tenant's own"
	f.requirePasswords("rolled out", want...)
	if got := string(f.getSecret(f.namespaceName(1)).Data["tenants"]); got != "own" {
		t.Errorf("a key written as Seedbed is %q, want it kept: only its own object can be taken for Seedbed's", got)
	}
}

// A tenant that makes the update of its own namespace fail, at the first step even, does not keep it from others.
func TestTenantDoesNotStopARollout(t *testing.T) {
	f := newRollout(sharedInstallation(t), nil)
	held := f.getSecret(f.namespaceName(0)) // the canary
	f.updateObject(held, func() { held.Finalizers = []string{"example.com/never"} })
	f.deleteObjects(held)
	t.Cleanup(func() {
		_ = f.Client.Patch(f.cleanupContext(), held, client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"finalizers":null}}`)))
	})
	frozen := f.getSecret(f.namespaceName(1))
	f.updateObject(frozen, func() { frozen.Data["password"], frozen.Immutable = []byte("mine"), new(true) })
	f.rotate("new")
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	want := slices.Repeat([]string{"new"}, f.size)
	want[0], want[1] = "old", "mine"
	f.requirePasswords("rolled out", want...)
}

// A Required baseline relies on no label and no manager.
func TestRequiredRolloutOverwrites(t *testing.T) {
	f := newRollout(sharedInstallation(t), func(spec *v1alpha1.BaselineSpec) {
		spec.Enforcement, spec.Rollout.MaxFailures = v1alpha1.EnforcementRequired, new(intstr.FromInt32(0))
	})
	changed, unlabelled, frozen, deleted := f.getSecret(f.namespaceName(0)), f.getSecret(f.namespaceName(1)), f.getSecret(f.namespaceName(2)), f.getSecret(f.namespaceName(3))
	f.updateObject(changed, func() { changed.Data["password"] = []byte("mine") })
	f.updateObject(unlabelled, func() { unlabelled.Labels = nil; unlabelled.Data["password"] = []byte("mine") })
	f.updateObject(frozen, func() { frozen.Data["password"], frozen.Immutable = []byte("mine"), new(true) })
	f.deleteObjects(deleted)
	f.rotate("new")
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	f.requirePasswords("rolled out", slices.Repeat([]string{"new"}, f.size)...)
}
