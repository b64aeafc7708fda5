package flow

import (
	"context"
	"errors"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// freezeLabels makes the API server refuse namespaces that get a label. It returns a function that ends that.
func (e *env) freezeLabels(label string) func() {
	e.t.Helper()
	name := e.uniqueName("frozen")
	policy := &admissionregistrationv1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: admissionregistrationv1.ValidatingAdmissionPolicySpec{
			MatchConstraints: &admissionregistrationv1.MatchResources{ResourceRules: []admissionregistrationv1.NamedRuleWithOperations{{
				RuleWithOperations: admissionregistrationv1.RuleWithOperations{
					Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Update},
					Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"namespaces"}},
				},
			}}},
			Validations: []admissionregistrationv1.Validation{{
				Expression: `!has(object.metadata.labels) || !("` + label + `" in object.metadata.labels)`, Message: "labels are frozen",
			}},
		},
	}
	e.createObjects(policy, &admissionregistrationv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: admissionregistrationv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: name, ValidationActions: []admissionregistrationv1.ValidationAction{admissionregistrationv1.Deny},
		},
	})
	probe := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("probe")}}
	e.createObjects(probe)
	e.eventually(func(ctx context.Context) error {
		patch := client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"labels":{"`+label+`":"x"}}}`))
		if err := e.Client.Patch(ctx, probe, patch, client.DryRunAll); !apierrors.IsInvalid(err) {
			return errors.Join(errors.New("the policy is not in force yet"), err)
		}
		return nil
	})
	return func() { e.deleteObjects(policy) }
}

func TestRefusedLabelsDelayNoObject(t *testing.T) {
	e := sharedInstallation(t)
	label := "frozen-" + e.suffix
	a := configMap("a")
	source := labelledNamespace(e.uniqueName("source"), label, "source")
	a.Namespace = source.Name
	e.createObjects(source, a)
	baseline := e.createBaseline(e.createBackup(source.Name, "configmaps").Name, func(s *v1alpha1.BaselineSpec) {
		s.NamespaceMetadata = &v1alpha1.NamespaceMetadata{Labels: []string{"frozen-*"}}
	})
	thaw := e.freezeLabels(label)
	target := e.uniqueName("target")
	e.createObjects(annotatedNamespace(target, baseline.Name))
	e.requireContains(e.awaitReady(target, corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed).Message, "namespaces/"+target, "labels are frozen")
	if !e.objectExists(&corev1.ConfigMap{}, target, "a") {
		t.Error("the ConfigMap waits for the labels")
	}

	thaw()
	e.awaitReady(target, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	namespace := &corev1.Namespace{}
	if !e.objectExists(namespace, "", target) || namespace.Labels[label] != "source" {
		t.Errorf("the labels are %v", namespace.Labels)
	}
	if status := e.getRecord(target, baseline.Name).Result; len(status.Pending)+len(status.Errors) > 0 {
		t.Errorf("the record is %+v, want nothing left to be done", status)
	}
}
