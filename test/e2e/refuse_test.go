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

// testUnknownBaseline asks for a baseline that does not exist: the error suggests where to look and names no baseline.
func testUnknownBaseline(t *testing.T, e *env) {
	err := e.Create(e.newContext(t), e.newAskingNamespace("typo", "wbe"))
	if !apierrors.IsForbidden(err) {
		t.Fatalf("a namespace that asks for an unknown baseline: %v; want it refused", err)
	}
	requireContains(t, err.Error(), `"wbe" does not exist, or you may not use it`, "seedbed baseline get --mine")
}

// testTenantPermission creates namespaces as a tenant, who gets the baseline only after the chart's role for users is bound.
func testTenantPermission(t *testing.T, e *env) {
	user := e.runName("tenant")
	subject := []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}}
	bound := func(role string) *rbacv1.ClusterRoleBinding {
		return &rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: e.runName(role + "-to-tenant")},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: e.runName(role)}, Subjects: subject,
		}
	}
	e.createObjects(t, &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: e.runName("creator")},
		Rules:      []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"namespaces"}, Verbs: []string{"create"}}},
	}, bound("creator"))
	asTenant := e.impersonate(t, user)
	plain := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: e.runName("tenant-plain")}}
	e.requireEventually(t, func(ctx context.Context) error { return asTenant.Create(ctx, plain) }) // RBAC takes a moment
	asks := e.newAskingNamespace("tenant-asks", baseline)
	if err := asTenant.Create(e.newContext(t), asks); !apierrors.IsForbidden(err) {
		t.Fatalf("a namespace of a user without permission for the baseline: %v; want it refused", err)
	}
	e.createObjects(t, bound("seedbed-user"))
	e.requireEventually(t, func(ctx context.Context) error { return asTenant.Create(ctx, asks) })
	e.awaitCondition(t, asks.Name, v1alpha1.ReasonRestored, corev1.ConditionTrue)
	if err := e.checkContent(e.newContext(t), asks.Name); err != nil {
		t.Error(err)
	}
}

// impersonate returns a client for another user: impersonation asks the same authorizers as that user's own credentials.
func (e *env) impersonate(t *testing.T, user string) client.Client {
	t.Helper()
	config := e.cluster.Config()
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: []string{"system:authenticated"}}
	c, err := client.New(config, client.Options{Scheme: seedbed.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
