package v1alpha1

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func TestFormatSteps(t *testing.T) {
	one, half, every := intstr.FromInt32(1), intstr.FromString("50%"), intstr.FromString("100%")
	canary := &metav1.LabelSelector{MatchLabels: map[string]string{"tier": "canary"}}
	for name, test := range map[string]struct {
		steps []RolloutStep
		want  string
	}{
		"the default":       {nil, "first 1, then 10%, then all"},
		"a selector":        {[]RolloutStep{{NamespaceSelector: canary}, {Namespaces: &half}}, "first those with tier=canary, then 50%, then all"},
		"one":               {[]RolloutStep{{Namespaces: &one}}, "first 1, then all"},
		"all in a step":     {[]RolloutStep{{Namespaces: &one}, {Namespaces: &every}}, "first 1, then 100%"},
		"an empty selector": {[]RolloutStep{{NamespaceSelector: &metav1.LabelSelector{}}}, "first all"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := (&BaselineRollout{Steps: test.steps}).FormatSteps(); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
