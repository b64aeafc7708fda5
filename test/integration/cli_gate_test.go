package integration

import (
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// A gate is opened where there is one, and nowhere else.
func testGate(t *testing.T, c *commandLine) {
	c.refuses(t, "gate open %", "namespace \"%\" has no gate: no baseline with spec.gate Pods is for it, so its pods are not held")
	c.create(t, &v1alpha1.Baseline{ObjectMeta: named(c.name("web")), Spec: v1alpha1.BaselineSpec{
		Backup: "b", Gate: v1alpha1.GatePods, NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"gated": c.id}},
	}})
	gated := &corev1.Namespace{ObjectMeta: named(c.name("gated"))}
	gated.Labels = map[string]string{"gated": c.id}
	c.create(t, gated)
	c.refuses(t, "gate open gated-%", "this cluster has no gate: the chart value gate.enabled is off, so no pods are held anywhere")
	c.create(t, &admissionregistrationv1.ValidatingAdmissionPolicy{ObjectMeta: named(c.name("gate")), Spec: admissionregistrationv1.ValidatingAdmissionPolicySpec{
		ParamKind: &admissionregistrationv1.ParamKind{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Baseline"},
		MatchConstraints: &admissionregistrationv1.MatchResources{ResourceRules: []admissionregistrationv1.NamedRuleWithOperations{{
			RuleWithOperations: admissionregistrationv1.RuleWithOperations{
				Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
				Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}},
			},
		}}},
		Validations: []admissionregistrationv1.Validation{{Expression: "true"}},
	}})
	c.prints(t, "gate open gated-%", "The gate of namespace \"gated-%\" is open: its pods are let in from now on.\n")
	c.prints(t, "gate open gated-%", "The gate of namespace \"gated-%\" is open already (GateOpened): nothing was changed.\n")
	c.refuses(t, "gate open %", "namespace \"%\" has no gate: no baseline with spec.gate Pods is for it, so its pods are not held")
}
