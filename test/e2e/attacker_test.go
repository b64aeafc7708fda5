//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// attacker is a tenant with `edit` in a home namespace, who may create namespaces and use some baselines.
type attacker struct {
	client.Client
	home string
}

// The targets of the claims: another tenant's namespace, its Secret and its baseline, which the attacker may not use.
const (
	vault      = "vault"
	crownValue = "the-crown-jewels-of-another-team"
)

// testTenantIsolation tries each thing that a tenant must not achieve, in a subtest of its own.
func testTenantIsolation(t *testing.T, e *env) {
	e.createObjects(t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: e.runName(vault)}},
		&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: e.runName(vault), Name: "crown"}, StringData: map[string]string{"jewels": crownValue}})
	e.createBaselineOf(t, vault, e.runName(vault))
	for _, claim := range []struct {
		name string
		try  func(*testing.T, *env)
	}{
		{"reads no other namespace's secrets", testNoSecretAccess},
		{"gets no RBAC it was not meant to have", testNoEscalation},
		{"marks no namespace populated that is not", testForgedStatus},
		{"has nothing written outside of the target", testNoWritesElsewhere},
	} {
		t.Run(claim.name, func(t *testing.T) { claim.try(t, e) })
	}
}

// createBaselineOf creates a backup of a namespace and a baseline of it, both of this name.
func (e *env) createBaselineOf(t *testing.T, name, namespace string) {
	t.Helper()
	e.mustRun(t, "seedbed", "backup", "create", name, "--include-namespaces", namespace, "--wait")
	e.mustRun(t, "seedbed", "baseline", "create", name, "--backup", name, "--wait")
}

// newAttacker creates a user with a home namespace of this name, who may use the baselines and has the rules' rights.
func (e *env) newAttacker(t *testing.T, name string, baselines []string, rules ...rbacv1.PolicyRule) *attacker {
	t.Helper()
	user := e.runName(name)
	a := &attacker{Client: e.impersonate(t, user), home: e.runName(name)}
	if len(baselines) > 0 {
		rules = append(rules, policyRule("use", v1alpha1.GroupName, "baselines", baselines...))
	}
	rules = append(rules, policyRule("create", "", "namespaces"))
	subjects := []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}}
	roleRef := func(name string) rbacv1.RoleRef {
		return rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name}
	}
	e.createObjects(t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: a.home}},
		&rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: user}, Rules: rules},
		&rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: user}, RoleRef: roleRef(user), Subjects: subjects},
		&rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: a.home, Name: "edit"}, RoleRef: roleRef("edit"), Subjects: subjects})
	e.requireEventually(t, func(ctx context.Context) error { // the API server learns of rights by a watch
		for _, rule := range append(rules, policyRule("create", "", "secrets")) {
			if granted, err := a.isAllowed(ctx, rule, a.home); err != nil || !granted {
				return fmt.Errorf("%+v is not granted yet: %w", rule, err)
			}
		}
		return nil
	})
	return a
}

// isAllowed reports whether the attacker has the first right of a rule in a namespace.
func (a *attacker) isAllowed(ctx context.Context, rule rbacv1.PolicyRule, namespace string) (bool, error) {
	resource, subresource, _ := strings.Cut(rule.Resources[0], "/")
	attributes := &authorizationv1.ResourceAttributes{
		Verb: rule.Verbs[0], Group: rule.APIGroups[0], Resource: resource, Subresource: subresource, Namespace: namespace,
	}
	if len(rule.ResourceNames) > 0 {
		attributes.Name = rule.ResourceNames[0]
	}
	review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: attributes}}
	err := a.Create(ctx, review)
	return review.Status.Allowed, err
}

// policyRule returns one RBAC rule.
func policyRule(verb, group, resource string, names ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{Verbs: []string{verb}, APIGroups: []string{group}, Resources: []string{resource}, ResourceNames: names}
}

// requireDenied fails the test if the attacker has one of these rights in the namespace.
func (a *attacker) requireDenied(ctx context.Context, t *testing.T, namespace string, rules ...rbacv1.PolicyRule) {
	t.Helper()
	for _, rule := range rules {
		if granted, err := a.isAllowed(ctx, rule, namespace); err != nil || granted {
			t.Errorf("in namespace %s: may %v %v %v: %t, %v", namespace, rule.Verbs, rule.Resources, rule.ResourceNames, granted, err)
		}
	}
}

// requireForbidden fails the test unless every attack is forbidden and the error keeps the Secret's value out.
func requireForbidden(t *testing.T, attacks map[string]func() error) {
	t.Helper()
	for name, attack := range attacks {
		switch err := attack(); {
		case !apierrors.IsForbidden(err):
			t.Errorf("%s: %v; want it forbidden", name, err)
		case strings.Contains(err.Error(), crownValue):
			t.Errorf("%s: the refusal contains the Secret: %v", name, err)
		}
	}
}
