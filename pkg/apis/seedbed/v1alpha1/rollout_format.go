package v1alpha1

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// FormatReach returns the namespaces that a step reaches, for example "10%" or "those with tier=canary".
func (s *RolloutStep) FormatReach() string {
	switch {
	case s.Namespaces != nil:
		return s.Namespaces.String()
	case s.NamespaceSelector == nil || len(s.NamespaceSelector.MatchLabels)+len(s.NamespaceSelector.MatchExpressions) == 0:
		return "all"
	default:
		return "those with " + metav1.FormatLabelSelector(s.NamespaceSelector)
	}
}

// FormatSteps returns the steps in one clause, for example "first 1, then 10%, then all".
func (r *BaselineRollout) FormatSteps() string {
	steps := r.EffectiveSteps()
	reaches := make([]string, 0, len(steps)+1)
	for i := range steps {
		reaches = append(reaches, steps[i].FormatReach())
	}
	if last := reaches[len(reaches)-1]; last != "all" && last != "100%" {
		reaches = append(reaches, "all")
	}
	return "first " + strings.Join(reaches, ", then ")
}
