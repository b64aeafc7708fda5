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

// power is a baseline whose source binds its ServiceAccount to more than Seedbed may hand out.
const power = "power"

// getsNoRBAC has a baseline restored that would make its ServiceAccount powerful. What Seedbed may bind is there, what
// exceeds that is a recorded error, and the tenant's own rights are what they were.
func getsNoRBAC(t *testing.T, w *world) {
	ctx, source := w.context(t), w.name(power)
	w.create(t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: source}},
		&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: source, Name: "app"}},
		&rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Namespace: source, Name: "everything"}, Rules: []rbacv1.PolicyRule{may("*", "*", "*")}},
		w.binding(source, "root", "ClusterRole", "cluster-admin"),
		w.binding(source, "everything", "Role", "everything"),
		w.binding(source, "editors", "ClusterRole", "edit"))
	w.createBaselineOf(t, power, source)
	a, target := w.attacker(t, "climber", []string{power}), w.name("climbed")
	if err := a.Create(ctx, w.asking("climbed", power)); err != nil {
		t.Fatal(err)
	}
	w.awaitCondition(t, target, v1alpha1.ReasonRestoreFailed, corev1.ConditionFalse)
	for name, exceeding := range map[string]client.Object{"root": &rbacv1.RoleBinding{}, "everything": &rbacv1.Role{}} {
		if err := w.Get(ctx, client.ObjectKey{Namespace: target, Name: name}, exceeding); !apierrors.IsNotFound(err) {
			t.Errorf("%T %s was restored, or cannot be looked for: %v", exceeding, name, err)
		}
	}
	for right, want := range map[string]bool{"create configmaps": true, "create rolebindings": false, "list nodes": false} {
		w.eventually(t, func(ctx context.Context) error { // the API server learns of rights by a watch
			got, err := w.appMay(ctx, target, right)
			if err == nil && got != want {
				err = fmt.Errorf("the restored ServiceAccount may %s: %t; want %t", right, got, want)
			}
			return err
		})
	}
	const group = rbacv1.GroupName
	for _, namespace := range []string{a.home, target, source, ""} {
		a.mayNot(ctx, t, namespace, may("create", group, "roles"), may("create", group, "rolebindings"), may("bind", group, "clusterroles", "cluster-admin"),
			may("escalate", group, "roles"), may("impersonate", "", "users"), may("patch", "", "namespaces"), may("patch", "", "namespaces/status"),
			may("use", v1alpha1.GroupName, "baselines", vault), may("restore", v1alpha1.GroupName, "baselinebackups", power),
			may("create", v1alpha1.GroupName, "baselines"), may("create", v1alpha1.GroupName, "baselinebackups"),
			may("create", v1alpha1.GroupName, "baselinerestores"), may("patch", v1alpha1.GroupName, "baselinerestores/status"))
	}
	a.mayNot(ctx, t, target, may("get", "", "secrets"), may("create", "", "pods")) // who makes a namespace has no rights in it
}

// binding binds a namespace's ServiceAccount app to a role.
func (w *world) binding(namespace, name, kind, role string) *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: kind, Name: role},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: "app"}},
	}
}

// appMay says whether the ServiceAccount app of a namespace has a right in it, given as "verb resource".
func (w *world) appMay(ctx context.Context, namespace, right string) (bool, error) {
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
	err := w.Create(ctx, review)
	return review.Status.Allowed, err
}
