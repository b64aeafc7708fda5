//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// power is a baseline whose source binds its ServiceAccount to more rights than Seedbed may grant.
const power = "power"

// testNoEscalation restores a baseline that would make its ServiceAccount powerful. Bindings within Seedbed's own rights are
// restored, the others are recorded errors, and the tenant's own rights do not change.
func testNoEscalation(t *testing.T, e *env) {
	ctx, source := e.newContext(t), e.runName(power)
	e.createObjects(t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: source}},
		&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: source, Name: "app"}},
		&rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Namespace: source, Name: "everything"}, Rules: []rbacv1.PolicyRule{policyRule("*", "*", "*")}},
		e.newRoleBinding(source, "root", "ClusterRole", "cluster-admin"),
		e.newRoleBinding(source, "everything", "Role", "everything"),
		e.newRoleBinding(source, "editors", "ClusterRole", "edit"))
	e.createBaselineOf(t, power, source)
	a, target := e.newAttacker(t, "climber", []string{power}), e.runName("climbed")
	if err := a.Create(ctx, e.newAskingNamespace("climbed", power)); err != nil {
		t.Fatal(err)
	}
	e.awaitCondition(t, target, v1alpha1.ReasonRestoreFailed, corev1.ConditionFalse)
	for name, exceeding := range map[string]client.Object{"root": &rbacv1.RoleBinding{}, "everything": &rbacv1.Role{}} {
		if err := e.Get(ctx, client.ObjectKey{Namespace: target, Name: name}, exceeding); !apierrors.IsNotFound(err) {
			t.Errorf("%T %s was restored, or cannot be read: %v", exceeding, name, err)
		}
	}
	for right, want := range map[string]bool{"create configmaps": true, "create rolebindings": false, "list nodes": false} {
		e.requireEventually(t, func(ctx context.Context) error { // the API server learns of rights by a watch
			got, err := e.appIsAllowed(ctx, target, right)
			if err == nil && got != want {
				err = fmt.Errorf("the restored ServiceAccount may %s: %t; want %t", right, got, want)
			}
			return err
		})
	}
	const group = rbacv1.GroupName
	for _, namespace := range []string{a.home, target, source, ""} {
		a.requireDenied(ctx, t, namespace, policyRule("create", group, "roles"), policyRule("create", group, "rolebindings"), policyRule("bind", group, "clusterroles", "cluster-admin"),
			policyRule("escalate", group, "roles"), policyRule("impersonate", "", "users"), policyRule("patch", "", "namespaces"), policyRule("patch", "", "namespaces/status"),
			policyRule("use", v1alpha1.GroupName, "baselines", vault), policyRule("restore", v1alpha1.GroupName, "baselinebackups", power),
			policyRule("create", v1alpha1.GroupName, "baselines"), policyRule("create", v1alpha1.GroupName, "baselinebackups"),
			policyRule("create", v1alpha1.GroupName, "baselinerestores"), policyRule("patch", v1alpha1.GroupName, "baselinerestores/status"))
	}
	a.requireDenied(ctx, t, target, policyRule("get", "", "secrets"), policyRule("create", "", "pods")) // creating a namespace grants no rights in it
}

// newRoleBinding returns a binding of a namespace's ServiceAccount app to a role.
func (e *env) newRoleBinding(namespace, name, kind, role string) *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: kind, Name: role},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: "app"}},
	}
}

// appIsAllowed reports whether the ServiceAccount app of a namespace has a right in it, given as "verb resource".
func (e *env) appIsAllowed(ctx context.Context, namespace, right string) (bool, error) {
	var verb, resource string
	if _, err := fmt.Sscan(right, &verb, &resource); err != nil {
		return false, err
	}
	attributes := &authorizationv1.ResourceAttributes{Namespace: namespace, Verb: verb, Resource: resource}
	if resource == "rolebindings" {
		attributes.Group = rbacv1.GroupName
	}
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: "system:serviceaccount:" + namespace + ":app", Groups: []string{"system:serviceaccounts", "system:authenticated"},
		ResourceAttributes: attributes,
	}}
	err := e.Create(ctx, review)
	return review.Status.Allowed, err
}
