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

// What `helm test` runs, with the permissions that it needs and no others.
func TestCheckTellsWhetherAnInstallationDoesItsWork(t *testing.T) {
	w := own(t)
	const name = "seedbed-test"
	w.create(
		&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: seedbed.Namespace, Name: name}},
		&rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: []rbacv1.PolicyRule{
			may("create", "", "namespaces"), may("list", v1alpha1.GroupName, "baselines"),
			may("list", v1alpha1.GroupName, "baselinebackups"), may("list", v1alpha1.GroupName, "baselinerecords"), may("list", v1alpha1.GroupName, "baselinerestores"), may("get", v1alpha1.GroupName, "baselinepreviews", "seedbed-check"),
		}},
		&rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: seedbed.Namespace, Name: name}},
		})

	w.checked(name, true, "is let through", "is refused", "no webhook of namespaces answers")
	w.start()
	w.checked(name, false, "serves Seedbed's kinds", "is let through", "is refused", "webhooks are called")
	w.removeWebhooks()
	w.checked(name, true, "no webhook of namespaces answers")
	w.bind(admissionregistrationv1.Audit)
	w.checked(name, true, "seedbed-authorize-namespaces and its binding are not in force")
	w.bind(admissionregistrationv1.Deny)
	w.deleteDefinitions()
	w.checked(name, true, "listing baselines", "crds.install")
}

// checked waits until the check ends as it should and says each of these texts: what was changed a moment ago is not in
// force everywhere in the API server at once.
func (w *world) checked(account string, fails bool, says ...string) {
	w.t.Helper()
	w.eventually(func(ctx context.Context) error {
		command, err := w.Command(ctx, account, "check", "--timeout=0s")
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
