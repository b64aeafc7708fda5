package integration

import (
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// A gate is opened only in a namespace that has one.
func testGate(t *testing.T, c *commandLine) {
	c.requireRefused(t, "gate open %", "namespace \"%\" has no gate: no baseline with spec.gate Pods is for it, so its pods are not held")
	c.createObject(t, &v1alpha1.Baseline{ObjectMeta: namedMeta(c.uniqueName("web")), Spec: v1alpha1.BaselineSpec{
		Backup: "b", Gate: v1alpha1.GatePods, NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"gated": c.id}},
	}})
	gated := &corev1.Namespace{ObjectMeta: namedMeta(c.uniqueName("gated"))}
	gated.Labels = map[string]string{"gated": c.id}
	c.createObject(t, gated)
	c.requireRefused(t, "gate open gated-%", "this cluster has no gate: the chart value gate.enabled is off, so no pods are held anywhere")
	c.createObject(t, &admissionregistrationv1.ValidatingAdmissionPolicy{ObjectMeta: namedMeta(c.uniqueName("gate")), Spec: admissionregistrationv1.ValidatingAdmissionPolicySpec{
		ParamKind: &admissionregistrationv1.ParamKind{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Baseline"},
		MatchConstraints: &admissionregistrationv1.MatchResources{ResourceRules: []admissionregistrationv1.NamedRuleWithOperations{{
			RuleWithOperations: admissionregistrationv1.RuleWithOperations{
				Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
				Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}},
			},
		}}},
		Validations: []admissionregistrationv1.Validation{{Expression: "true"}},
	}})
	c.requireOutput(t, "gate open gated-%", "The gate of namespace \"gated-%\" is open: its pods are let in from now on.\n")
	c.requireOutput(t, "gate open gated-%", "The gate of namespace \"gated-%\" is open already (GateOpened): nothing was changed.\n")
	c.requireRefused(t, "gate open %", "namespace \"%\" has no gate: no baseline with spec.gate Pods is for it, so its pods are not held")
}
