package policy_test

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
)

// A namespace asks for two baselines. One does not exist. Its labels match the selector of a Required baseline, which comes
// first, and of an Optional one, which the annotation replaces.
func ExampleSet_Decide() {
	production := &metav1.LabelSelector{MatchLabels: map[string]string{"env": "prod"}}
	set := policy.Compile([]v1alpha1.Baseline{
		{ObjectMeta: metav1.ObjectMeta{Name: "web"}},
		{ObjectMeta: metav1.ObjectMeta{Name: "default"}, Spec: v1alpha1.BaselineSpec{NamespaceSelector: production}},
		{ObjectMeta: metav1.ObjectMeta{Name: "guard"}, Spec: v1alpha1.BaselineSpec{NamespaceSelector: production, Enforcement: v1alpha1.EnforcementRequired}},
	})
	decision := set.Decide(&metav1.ObjectMeta{
		Name:        "shop",
		Labels:      map[string]string{"env": "prod"},
		Annotations: map[string]string{v1alpha1.AnnotationBaseline: "web,webb"},
	}, true)
	for _, choice := range decision.Choices {
		fmt.Println("restore", choice.Baseline)
	}
	for _, refusal := range decision.Refusals {
		fmt.Println(refusal.Reason+":", refusal.Message)
	}
	// Output:
	// restore guard
	// restore web
	// BaselineNotFound: baseline "webb" does not exist: name another one or create it
}
