package admission

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
)

// previewWarnings returns a warning for each baseline that would be restored, in order: on an update, only those that the
// namespace should not hold already.
func previewWarnings(baselines []v1alpha1.Baseline, change *namespaceChange) []string {
	set := policy.Compile(baselines)
	var had []policy.Choice
	if change.oldObj != nil {
		had = set.Decide(change.oldObj, true).Choices
	}
	var lines []string
	for _, choice := range set.Decide(change.newObj, true).Choices {
		if !slices.ContainsFunc(had, func(c policy.Choice) bool { return c.Baseline == choice.Baseline }) {
			chosen := slices.IndexFunc(baselines, func(b v1alpha1.Baseline) bool { return b.Name == choice.Baseline })
			lines = append(lines, previewWarning(&baselines[chosen]))
		}
	}
	return lines
}

func previewWarning(baseline *v1alpha1.Baseline) string {
	line := fmt.Sprintf("would restore baseline %q (backup %s", baseline.Name, baseline.Spec.Backup)
	if reason := notReadyReason(baseline); reason != "" {
		return line + ") when it is ready: " + reason
	}
	if baseline.Status.Items == 1 {
		return line + ", 1 object)"
	}
	return fmt.Sprintf("%s, %d objects)", line, baseline.Status.Items)
}

// notReadyReason returns the reason why a baseline cannot be restored yet; empty if it can.
func notReadyReason(baseline *v1alpha1.Baseline) string {
	ready := meta.FindStatusCondition(baseline.Status.Conditions, v1alpha1.ConditionReady)
	switch {
	case ready == nil:
		return "the controller has not seen it yet"
	case ready.Status == metav1.ConditionTrue:
		return ""
	default:
		return ready.Reason // its message may contain names that the request does not
	}
}

// notReadyWarnings returns a warning for each baseline that the namespace has to wait for.
func notReadyWarnings(baselines []v1alpha1.Baseline) []string {
	var warnings []string
	for i := range baselines {
		if reason := notReadyReason(&baselines[i]); reason != "" {
			warnings = append(warnings, fmt.Sprintf("baseline %q is restored when it is ready: %s", baselines[i].Name, reason))
		}
	}
	return warnings
}
