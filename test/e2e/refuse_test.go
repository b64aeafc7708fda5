//go:build e2e

package e2e

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/seedbed"
)

// typo asks for a baseline that does not exist: the answer says where to look for the one that was meant, and names none.
func typo(t *testing.T, w *world) {
	err := w.Create(w.context(t), w.asking("typo", "wbe"))
	if !apierrors.IsForbidden(err) {
		t.Fatalf("a namespace that asks for an unknown baseline: %v; want it refused", err)
	}
	says(t, err.Error(), `"wbe" does not exist, or you may not use it`, "seedbed baseline get --mine")
}

// tenant may create namespaces, and gets the baseline only once somebody binds the chart's role for users.
func tenant(t *testing.T, w *world) {
	user := w.name("tenant")
	subject := []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}}
	bound := func(role string) *rbacv1.ClusterRoleBinding {
		return &rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: w.name(role + "-to-tenant")},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: w.name(role)}, Subjects: subject,
		}
	}
	w.create(t, &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: w.name("creator")},
		Rules:      []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"namespaces"}, Verbs: []string{"create"}}},
	}, bound("creator"))
	asTenant := w.as(t, user)
	plain := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.name("tenant-plain")}}
	w.eventually(t, func(ctx context.Context) error { return asTenant.Create(ctx, plain) }) // RBAC takes a moment
	asks := w.asking("tenant-asks", baseline)
	if err := asTenant.Create(w.context(t), asks); !apierrors.IsForbidden(err) {
		t.Fatalf("a namespace of a user without permission for the baseline: %v; want it refused", err)
	}
	w.create(t, bound("seedbed-user"))
	w.eventually(t, func(ctx context.Context) error { return asTenant.Create(ctx, asks) })
	w.awaitCondition(t, asks.Name, v1alpha1.ReasonRestored, corev1.ConditionTrue)
	if err := w.holds(w.context(t), asks.Name); err != nil {
		t.Error(err)
	}
}

// as is a client for somebody else: impersonation asks the same authorizers as that user's own credentials do.
func (w *world) as(t *testing.T, user string) client.Client {
	t.Helper()
	config := w.cluster.Config()
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: []string{"system:authenticated"}}
	c, err := client.New(config, client.Options{Scheme: seedbed.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
