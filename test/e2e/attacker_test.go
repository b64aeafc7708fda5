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

// attacker is a tenant with `edit` in a namespace of theirs, who may create namespaces and choose some baselines.
type attacker struct {
	client.Client
	home string
}

// What the claims are about: another's namespace, its Secret and the baseline of it that the attacker may not use.
const (
	vault      = "vault"
	crownValue = "the-crown-jewels-of-another-team"
)

// claims tries what a tenant must not achieve, each claim for itself.
func claims(t *testing.T, w *world) {
	w.create(t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.name(vault)}},
		&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.name(vault), Name: "crown"}, StringData: map[string]string{"jewels": crownValue}})
	w.createBaselineOf(t, vault, w.name(vault))
	for _, claim := range []struct {
		name string
		try  func(*testing.T, *world)
	}{
		{"reads no other namespace's secrets", readsNoSecrets},
		{"gets no RBAC it was not meant to have", getsNoRBAC},
		{"marks no namespace populated that is not", marksNothing},
		{"has nothing written outside of the target", writesNothingElsewhere},
	} {
		t.Run(claim.name, func(t *testing.T) { claim.try(t, w) })
	}
}

// createBaselineOf backs a namespace up and makes a baseline of it, both of this name.
func (w *world) createBaselineOf(t *testing.T, name, namespace string) {
	t.Helper()
	w.must(t, "seedbed", "backup", "create", name, "--include-namespaces", namespace, "--wait")
	w.must(t, "seedbed", "baseline", "create", name, "--backup", name, "--wait")
}

// attacker makes somebody with a home of this name, who may use these baselines and whatever the rules grant.
func (w *world) attacker(t *testing.T, name string, baselines []string, rules ...rbacv1.PolicyRule) *attacker {
	t.Helper()
	user := w.name(name)
	a := &attacker{Client: w.as(t, user), home: w.name(name)}
	if len(baselines) > 0 {
		rules = append(rules, may("use", v1alpha1.GroupName, "baselines", baselines...))
	}
	rules = append(rules, may("create", "", "namespaces"))
	subjects := []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}}
	roleRef := func(name string) rbacv1.RoleRef {
		return rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name}
	}
	w.create(t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: a.home}},
		&rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: user}, Rules: rules},
		&rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: user}, RoleRef: roleRef(user), Subjects: subjects},
		&rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: a.home, Name: "edit"}, RoleRef: roleRef("edit"), Subjects: subjects})
	w.eventually(t, func(ctx context.Context) error { // the API server learns of rights by a watch
		for _, rule := range append(rules, may("create", "", "secrets")) {
			if granted, err := a.may(ctx, rule, a.home); err != nil || !granted {
				return fmt.Errorf("%+v is not granted yet: %w", rule, err)
			}
		}
		return nil
	})
	return a
}

// may says whether the attacker has the first right of a rule in a namespace.
func (a *attacker) may(ctx context.Context, rule rbacv1.PolicyRule, namespace string) (bool, error) {
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

// may is one rule of RBAC.
func may(verb, group, resource string, names ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{Verbs: []string{verb}, APIGroups: []string{group}, Resources: []string{resource}, ResourceNames: names}
}

// mayNot fails the test where the attacker has one of these rights in the namespace.
func (a *attacker) mayNot(ctx context.Context, t *testing.T, namespace string, rules ...rbacv1.PolicyRule) {
	t.Helper()
	for _, rule := range rules {
		if granted, err := a.may(ctx, rule, namespace); err != nil || granted {
			t.Errorf("in namespace %s: may %v %v %v: %t, %v", namespace, rule.Verbs, rule.Resources, rule.ResourceNames, granted, err)
		}
	}
}

// refuses fails the test unless every attack is forbidden, without a word of what it was after.
func refuses(t *testing.T, attacks map[string]func() error) {
	t.Helper()
	for name, attack := range attacks {
		switch err := attack(); {
		case !apierrors.IsForbidden(err):
			t.Errorf("%s: %v; want it forbidden", name, err)
		case strings.Contains(err.Error(), crownValue):
			t.Errorf("%s: the refusal tells the Secret: %v", name, err)
		}
	}
}
