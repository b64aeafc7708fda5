package policy

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestValidateSelectors(t *testing.T) {
	good := &metav1.LabelSelector{MatchLabels: map[string]string{"team": "a"}}
	operator := &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "team", Operator: "Is", Values: []string{"a"}}}}
	value := &metav1.LabelSelector{MatchLabels: map[string]string{"team": strings.Repeat("x", 5000)}}
	for name, test := range map[string]struct {
		spec v1alpha1.BaselineSpec
		want string
	}{
		"none":                     {v1alpha1.BaselineSpec{}, ""},
		"both good":                {v1alpha1.BaselineSpec{NamespaceSelector: good, AllowedNamespaces: good}, ""},
		"empty ones":               {v1alpha1.BaselineSpec{NamespaceSelector: &metav1.LabelSelector{}, AllowedNamespaces: &metav1.LabelSelector{}}, ""},
		"namespaceSelector":        {v1alpha1.BaselineSpec{NamespaceSelector: operator, AllowedNamespaces: good}, `spec.namespaceSelector.matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator`},
		"allowedNamespaces":        {v1alpha1.BaselineSpec{NamespaceSelector: good, AllowedNamespaces: operator}, `spec.allowedNamespaces.matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator`},
		"a rollout's step":         {v1alpha1.BaselineSpec{Rollout: rolloutWith(v1alpha1.RolloutStep{NamespaceSelector: good}, v1alpha1.RolloutStep{NamespaceSelector: operator})}, `spec.rollout.steps[1].namespaceSelector.matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator`},
		"good steps":               {v1alpha1.BaselineSpec{Rollout: rolloutWith(v1alpha1.RolloutStep{NamespaceSelector: good}, countStep("10%"))}, ""},
		"steps by default":         {v1alpha1.BaselineSpec{Rollout: rolloutWith()}, ""},
		"a value that is too long": {v1alpha1.BaselineSpec{NamespaceSelector: value}, `spec.namespaceSelector.matchLabels: Invalid value: "xxx`},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			if err := ValidateSelectors(&test.spec).ToAggregate(); err != nil {
				got = err.Error()
			}
			if (test.want == "") != (got == "") || !strings.HasPrefix(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if len(got) > 300 {
				t.Errorf("the message has %d bytes", len(got))
			}
		})
	}
}
