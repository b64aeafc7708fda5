package flow

import (
	"context"
	"fmt"
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/seedbed"
)

// The check of `helm test`, with only the permissions that it needs.
func TestCheckFindsBrokenInstallation(t *testing.T) {
	e := newInstallation(t)
	const name = "seedbed-test"
	e.createObjects(
		&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: seedbed.Namespace, Name: name}},
		&rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: []rbacv1.PolicyRule{
			newRule("create", "", "namespaces"), newRule("list", v1alpha1.GroupName, "baselines"),
			newRule("list", v1alpha1.GroupName, "baselinebackups"), newRule("list", v1alpha1.GroupName, "baselinerecords"), newRule("list", v1alpha1.GroupName, "baselinerestores"), newRule("get", v1alpha1.GroupName, "baselinepreviews", "seedbed-check"),
		}},
		&rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: seedbed.Namespace, Name: name}},
		})

	e.awaitCheck(name, true, "is let through", "is refused", "no webhook of namespaces answers")
	e.startController()
	e.awaitCheck(name, false, "serves Seedbed's kinds", "is let through", "is refused", "webhooks are called")
	e.removeWebhooks()
	e.awaitCheck(name, true, "no webhook of namespaces answers")
	e.setPolicyAction(admissionregistrationv1.Audit)
	e.awaitCheck(name, true, "seedbed-authorize-namespaces and its binding are not in force")
	e.setPolicyAction(admissionregistrationv1.Deny)
	e.deleteDefinitions()
	e.awaitCheck(name, true, "listing baselines", "crds.install")
}

// awaitCheck waits until the check ends as expected and prints each of these texts: a change takes a moment to be in force
// everywhere in the API server.
func (e *env) awaitCheck(account string, fails bool, says ...string) {
	e.t.Helper()
	e.eventually(func(ctx context.Context) error {
		command, err := e.Command(ctx, account, "check", "--timeout=0s")
		if err != nil {
			return err
		}
		out, err := command.CombinedOutput()
		if (err != nil) != fails {
			return fmt.Errorf("the check failed: %t; want %t: %s", err != nil, fails, out)
		}
		for _, text := range says {
			if !strings.Contains(string(out), text) {
				return fmt.Errorf("the check does not say %q: %s", text, out)
			}
		}
		return nil
	})
}
