package flow

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func roleBinding(role string) *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "guard"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: "auditor"}},
	}
}

// A tenant that first creates an object of the same name, with immutable fields, does not keep a Required baseline out.
func TestRequiredBaselineReplacesImmutableObjects(t *testing.T) {
	immutable, meta := true, metav1.ObjectMeta{Name: "guard"}
	tests := []struct {
		name, resource    string
		baseline, tenants client.Object
		// kept reports whether the tenant's object stays, because the baseline's own cannot be created.
		kept bool
	}{
		{
			name:     "an immutable ConfigMap",
			resource: "configmaps",
			baseline: &corev1.ConfigMap{ObjectMeta: meta, Data: map[string]string{"mode": "strict"}},
			tenants:  &corev1.ConfigMap{ObjectMeta: meta, Data: map[string]string{"mode": "lax"}, Immutable: &immutable},
		},
		{
			name:     "an immutable Secret",
			resource: "secrets",
			baseline: &corev1.Secret{ObjectMeta: meta, Type: corev1.SecretTypeOpaque, Data: map[string][]byte{"mode": []byte("strict")}},
			tenants:  &corev1.Secret{ObjectMeta: meta, Type: corev1.SecretTypeOpaque, Data: map[string][]byte{"mode": []byte("lax")}, Immutable: &immutable},
		},
		{
			name:     "a Secret of another type",
			resource: "secrets",
			baseline: &corev1.Secret{ObjectMeta: meta, Type: corev1.SecretTypeOpaque, Data: map[string][]byte{"mode": []byte("strict")}},
			tenants:  &corev1.Secret{ObjectMeta: meta, Type: "example.com/lax", Data: map[string][]byte{"mode": []byte("lax")}},
		},
		{name: "a RoleBinding to another role", resource: "rolebindings", baseline: roleBinding("view"), tenants: roleBinding("edit")},
		{
			name:     "a ResourceQuota with other scopes",
			resource: "resourcequotas",
			baseline: &corev1.ResourceQuota{ObjectMeta: meta, Spec: corev1.ResourceQuotaSpec{Scopes: []corev1.ResourceQuotaScope{corev1.ResourceQuotaScopeBestEffort}}},
			tenants:  &corev1.ResourceQuota{ObjectMeta: meta, Spec: corev1.ResourceQuotaSpec{Scopes: []corev1.ResourceQuotaScope{corev1.ResourceQuotaScopeTerminating}}},
		},
		{name: "a role that Seedbed may not bind", resource: "rolebindings", baseline: roleBinding("cluster-admin"), tenants: roleBinding("view"), kept: true},
	}
	e := sharedInstallation(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := newEnv(t, e.Installation)
			key := "team-" + e.suffix
			wanted := test.baseline.DeepCopyObject().(client.Object)
			backup := e.createBackup(e.createSource(test.baseline), test.resource)
			required := e.createBaseline(backup.Name, func(s *v1alpha1.BaselineSpec) {
				s.Enforcement, s.NamespaceSelector = v1alpha1.EnforcementRequired, &metav1.LabelSelector{MatchLabels: map[string]string{key: "x"}}
			})
			target := e.createTenantNamespace(test.tenants) // younger than the Baseline, whose selector takes no older one
			would := e.createPreview(v1alpha1.BaselinePreviewSpec{Baseline: required.Name, Namespace: target.Name})
			if got, want := would.Counts.Updated == 1, !test.kept; got != want {
				t.Errorf("the preview says %+v", would)
			}
			e.updateObject(target, func() { metav1.SetMetaDataLabel(&target.ObjectMeta, key, "x") })
			status, reason := corev1.ConditionTrue, v1alpha1.ReasonRestored
			if test.kept {
				status, reason, wanted = corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed, test.tenants
			}
			e.awaitReady(target.Name, status, reason)
			got := wanted.DeepCopyObject().(client.Object)
			if !e.objectExists(got, target.Name, "guard") {
				t.Fatal("it is not there")
			}
			if diff := cmp.Diff(wanted, got, cmpopts.IgnoreTypes(metav1.ObjectMeta{}, metav1.TypeMeta{}, corev1.ResourceQuotaStatus{})); diff != "" {
				t.Errorf("want, got: %s", diff)
			}
			warnings := e.getRecord(target.Name, required.Name).Result.Warnings
			told := slices.ContainsFunc(warnings, func(s string) bool { return strings.Contains(s, "made anew") })
			if told == test.kept {
				t.Errorf("the warnings are %q", warnings)
			}
		})
	}
}
