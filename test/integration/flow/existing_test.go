package flow

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// createTenantNamespace creates a namespace without a baseline and puts a tenant's own objects into it.
func (e *env) createTenantNamespace(objects ...client.Object) *corev1.Namespace {
	e.t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("target")}}
	e.createObjects(namespace)
	for _, object := range objects {
		object.SetNamespace(namespace.Name)
		e.createObjects(object)
	}
	return namespace
}

// requestBaselines sets the annotation of an existing namespace to these baselines.
func (e *env) requestBaselines(namespace *corev1.Namespace, baselines ...string) {
	e.t.Helper()
	e.updateObject(namespace, func() {
		metav1.SetMetaDataAnnotation(&namespace.ObjectMeta, v1alpha1.AnnotationBaseline, strings.Join(baselines, ","))
	})
}

func TestExistingObjectsAreKeptOrUpdated(t *testing.T) {
	e := sharedInstallation(t)
	backup := e.createBackup(e.createSource(configMap("same"), configMap("differs"), configMap("missing")), "configmaps")
	tests := []struct {
		name   string
		policy v1alpha1.ExistingResources
		want   string
		counts v1alpha1.RestoreCounts
	}{
		{"by default", "", "the tenant's", v1alpha1.RestoreCounts{Created: 1, Unchanged: 1, Kept: 1}},
		{"Keep", v1alpha1.ExistingResourcesKeep, "the tenant's", v1alpha1.RestoreCounts{Created: 1, Unchanged: 1, Kept: 1}},
		{"Update", v1alpha1.ExistingResourcesUpdate, "value of differs", v1alpha1.RestoreCounts{Created: 1, Unchanged: 1, Updated: 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := newEnv(t, e.Installation)
			differs := configMap("differs")
			differs.Data["key"], differs.Labels = "the tenant's", map[string]string{"tenant": "label"}
			target := e.createTenantNamespace(configMap("same"), differs)
			baseline := e.createBaseline(backup.Name, func(s *v1alpha1.BaselineSpec) { s.ExistingResources = test.policy })
			e.requestBaselines(target, baseline.Name)
			e.awaitReady(target.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)

			got := &corev1.ConfigMap{}
			if !e.objectExists(got, target.Name, "differs") || got.Data["key"] != test.want || got.Labels["tenant"] != "label" {
				t.Errorf("the ConfigMap that was there has %v and labels %v, want %q", got.Data, got.Labels, test.want)
			}
			status := e.getRecord(target.Name, baseline.Name).Result
			test.counts.Total, test.counts.Skipped = status.Counts.Total, status.Counts.Skipped // kube-root-ca.crt
			if diff := cmp.Diff(test.counts, status.Counts); diff != "" {
				t.Errorf("counts (want, got): %s", diff)
			}
			warned := slices.ContainsFunc(status.Warnings, func(s string) bool { return strings.Contains(s, "configmaps/differs") })
			if warned != (test.counts.Kept > 0) {
				t.Errorf("the warnings are %q", status.Warnings)
			}
		})
	}
}

func TestRequiredBaselineReplacesTenantNetworkPolicy(t *testing.T) {
	e := sharedInstallation(t)
	strict := networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}}
	permissive := *strict.DeepCopy()
	permissive.Ingress = []networkingv1.NetworkPolicyIngressRule{{}} // everything from everywhere
	policy := func(spec networkingv1.NetworkPolicySpec, labels map[string]string) *networkingv1.NetworkPolicy {
		return &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Name: "default-deny", Labels: labels}, Spec: spec}
	}
	backup := e.createBackup(e.createSource(policy(strict, nil)), "networkpolicies")
	optional := e.createBaseline(backup.Name, nil)
	tests := []struct {
		name   string
		labels func(required string) map[string]string
	}{
		{"one of the tenant's own", func(string) map[string]string { return nil }},
		{"one labelled as if this baseline had made it", func(required string) map[string]string {
			return map[string]string{v1alpha1.LabelBaseline: required, v1alpha1.LabelBackup: backup.Name}
		}},
		{"one labelled as if another baseline had made it", func(string) map[string]string {
			return map[string]string{v1alpha1.LabelBaseline: optional.Name, v1alpha1.LabelBackup: backup.Name}
		}},
		{"one labelled with a baseline that is not there", func(string) map[string]string {
			return map[string]string{v1alpha1.LabelBaseline: "no-such", v1alpha1.LabelBackup: "no-such"}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := newEnv(t, e.Installation)
			key := "team-" + e.suffix
			required := e.createBaseline(backup.Name, func(s *v1alpha1.BaselineSpec) {
				s.Enforcement, s.NamespaceSelector = v1alpha1.EnforcementRequired, &metav1.LabelSelector{MatchLabels: map[string]string{key: "x"}}
			})
			target := e.createTenantNamespace(policy(permissive, test.labels(required.Name)))
			e.updateObject(target, func() {
				metav1.SetMetaDataLabel(&target.ObjectMeta, key, "x")
				metav1.SetMetaDataAnnotation(&target.ObjectMeta, v1alpha1.AnnotationBaseline, v1alpha1.NoBaseline) // in vain
			})
			e.awaitReady(target.Name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
			got := &networkingv1.NetworkPolicy{}
			if !e.objectExists(got, target.Name, "default-deny") {
				t.Fatal("the NetworkPolicy is not there")
			}
			if diff := cmp.Diff(strict, got.Spec); diff != "" {
				t.Errorf("the NetworkPolicy (want, got): %s", diff)
			}
			if counts := e.getRecord(target.Name, required.Name).Result.Counts; counts.Updated != 1 {
				t.Errorf("counts: %+v", counts)
			}
		})
	}
}
