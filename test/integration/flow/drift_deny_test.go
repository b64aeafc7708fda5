package flow

import (
	"context"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// newProtectedInstallation returns an installation with the protection's policy in force, and its controller.
func newProtectedInstallation(t *testing.T) *env {
	t.Helper()
	e := newInstallation(t)
	if err := e.Apply(e.ctx(), "config/protection/*.yaml"); err != nil {
		t.Fatal(err)
	}
	e.startController("--protection")
	return e
}

func denying(spec *v1alpha1.BaselineSpec) {
	spec.Enforcement, spec.Drift, spec.Rollout = v1alpha1.EnforcementRequired, v1alpha1.DriftDeny, &v1alpha1.BaselineRollout{}
}

// protectedObjects returns the objects of the baseline in a namespace.
func (f *fleet) protectedObjects(i int) []client.Object {
	objects := []client.Object{&corev1.ConfigMap{}, &corev1.Secret{}, &networkingv1.NetworkPolicy{}, &rbacv1.RoleBinding{}}
	for place, named := range []client.Object{configMap("settings"), newPassword(""), newGuard(), roleBinding("view")} {
		objects[place].SetNamespace(f.namespaceName(i))
		objects[place].SetName(named.GetName())
	}
	return objects
}

// requireProtection fails the test unless the objects of a namespace bear the label of protected ones, or none does.
func (f *fleet) requireProtection(i int, want string) {
	f.t.Helper()
	for _, object := range f.protectedObjects(i) {
		if err := f.Client.Get(f.ctx(), client.ObjectKeyFromObject(object), object); err != nil {
			f.t.Fatal(err)
		}
		if got := object.GetLabels()[v1alpha1.LabelProtected]; got != want {
			f.t.Errorf("namespace %d: %T is protected by %q, want %q", i, object, got, want)
		}
	}
}

// awaitRefused waits until the API server refuses that a tenant deletes the NetworkPolicy of a namespace: it learns of policies and
// Baselines by watches.
func (f *fleet) awaitRefused(i int, tenant client.Client) {
	f.t.Helper()
	f.eventually(func(ctx context.Context) error {
		err := tenant.Delete(ctx, f.getGuard(i), client.DryRunAll)
		if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), fmt.Sprintf("%q", f.baseline.Name)) {
			return fmt.Errorf("deleting the NetworkPolicy: %w", err)
		}
		return nil
	})
}

// A tenant with the role "edit" can neither delete, change nor unlabel the objects of a baseline with drift Deny; Seedbed restores,
// updates and corrects them all the same.
func TestDriftIsDenied(t *testing.T) {
	f := newGuarded(newProtectedInstallation(t), 2, denying)
	f.requireProtection(0, f.baseline.Name)
	tenant := f.newTenant(0)
	f.awaitRefused(0, tenant)
	for _, object := range f.protectedObjects(0) {
		if _, isBinding := object.(*rbacv1.RoleBinding); isBinding { // which "edit" may not write at all
			continue
		}
		if err := tenant.Get(f.ctx(), client.ObjectKeyFromObject(object), object); err != nil {
			t.Fatal(err)
		}
		f.requireDenied(object, "deleting", tenant.Delete(f.ctx(), object))
		object.SetAnnotations(map[string]string{"example.com/own": "x"})
		f.requireDenied(object, "changing", tenant.Update(f.ctx(), object))
		object.SetAnnotations(nil)
		object.SetLabels(nil)
		f.requireDenied(object, "unlabelling", tenant.Update(f.ctx(), object))
		f.requireDenied(object, "deleting all", tenant.DeleteAllOf(f.ctx(), object, client.InNamespace(object.GetNamespace()), client.HasLabels{v1alpha1.LabelBaseline}))
	}
	f.requireAudit(0)

	f.deleteObjects(f.getGuard(1)) // by an administrator
	f.requireAudit(1)
	f.requireProtection(1, f.baseline.Name)
	f.requireAudit(0)

	f.rotate("second")
	f.awaitRollout(v1alpha1.ReasonRolledOut)
	f.awaitNumbers(f.allCurrent())
	for i := range f.size {
		if password := string(f.getSecret(f.namespaceName(i)).Data["password"]); password != "second" {
			t.Errorf("namespace %d has the password %q after the rollout", i, password)
		}
		f.requireProtection(i, f.baseline.Name)
	}
	f.requireAudit(0)
}

func (f *fleet) requireDenied(object client.Object, action string, err error) {
	f.t.Helper()
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), fmt.Sprintf("%q", f.baseline.Name)) {
		f.t.Errorf("%s %T: %v; want it refused for the baseline", action, object, err)
	}
}

// An audit labels what is there when a baseline begins to deny, and unlabels it when it ends or a namespace is released. The records
// stay as they are: the label is no content.
func TestProtectionFollowsTheBaseline(t *testing.T) {
	f := newGuarded(newProtectedInstallation(t), 2, required)
	f.requireProtection(0, "")
	before := f.readRecord(0).ResourceVersion
	released, kept := f.newTenant(0), f.newTenant(1)
	f.controlGuard(1, kept) // what has a controller is not protected
	f.updateObject(f.baseline, func() { f.baseline.Spec.Drift = v1alpha1.DriftDeny })
	f.requireAudit(1)
	f.requireAudit(0)
	f.requireProtection(0, f.baseline.Name)
	f.requireProtection(1, f.baseline.Name)
	f.awaitRefused(0, released)
	f.awaitRefused(1, kept)

	f.labelNamespace(0, f.label, "")
	f.eventually(func(context.Context) error {
		if audit := f.audit(); audit.Namespaces != 1 {
			return fmt.Errorf("%d namespaces were audited", audit.Namespaces)
		}
		return nil
	})
	f.requireProtection(0, "")
	f.requireProtection(1, f.baseline.Name)
	f.deleteAs(released, f.getGuard(0))

	f.updateObject(f.baseline, func() { f.baseline.Spec.Drift = v1alpha1.DriftReport })
	f.eventually(func(ctx context.Context) error { return kept.Delete(ctx, f.getGuard(1), client.DryRunAll) }) // before any audit
	f.audit()
	f.requireProtection(1, "")
	if after := f.readRecord(1); after.Drift != nil {
		t.Errorf("drift %+v after the labels have changed", after.Drift)
	}
	if after := f.readRecord(0).ResourceVersion; after != before {
		t.Error("labelling wrote the record")
	}
}

// controlGuard has a tenant make an object of its own the controller of the NetworkPolicy.
func (f *fleet) controlGuard(i int, tenant client.Client) {
	f.t.Helper()
	own := configMap("own")
	own.Namespace = f.namespaceName(i)
	if err := tenant.Create(f.ctx(), own); err != nil {
		f.t.Fatal(err)
	}
	edit(f, tenant, f.getGuard(i), func(n *networkingv1.NetworkPolicy) {
		n.OwnerReferences = []metav1.OwnerReference{controllerReference(own)}
	})
}

func (f *fleet) deleteAs(user client.Client, object client.Object) {
	f.t.Helper()
	if err := user.Delete(f.ctx(), object); err != nil {
		f.t.Errorf("deleting %T: %v", object, err)
	}
}
