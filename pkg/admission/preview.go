package admission

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
)

// preview tells what a namespace would get, in order: on an update, beyond what it should hold already.
func preview(baselines []v1alpha1.Baseline, change *namespaceChange) []string {
	set := policy.Compile(baselines)
	var had []policy.Choice
	if change.before != nil {
		had = set.Decide(change.before, true).Choices
	}
	var lines []string
	for _, choice := range set.Decide(change.now, true).Choices {
		if !slices.ContainsFunc(had, func(c policy.Choice) bool { return c.Baseline == choice.Baseline }) {
			lines = append(lines, previewOf(find(baselines, choice.Baseline)))
		}
	}
	return lines
}

func previewOf(baseline *v1alpha1.Baseline) string {
	line := fmt.Sprintf("would restore baseline %q (backup %s", baseline.Name, baseline.Spec.Backup)
	if why := waiting(baseline); why != "" {
		return line + ") when it is ready: " + why
	}
	if baseline.Status.Items == 1 {
		return line + ", 1 object)"
	}
	return fmt.Sprintf("%s, %d objects)", line, baseline.Status.Items)
}

func find(baselines []v1alpha1.Baseline, name string) *v1alpha1.Baseline {
	return &baselines[slices.IndexFunc(baselines, func(b v1alpha1.Baseline) bool { return b.Name == name })]
}

// waiting says why a baseline cannot be restored yet; nothing when it can.
func waiting(baseline *v1alpha1.Baseline) string {
	ready := meta.FindStatusCondition(baseline.Status.Conditions, v1alpha1.ConditionReady)
	switch {
	case ready == nil:
		return "the controller has not seen it yet"
	case ready.Status == metav1.ConditionTrue:
		return ""
	default:
		return ready.Reason // its message may name what the caller did not
	}
}

// notReady warns of baselines that the namespace has to wait for.
func notReady(baselines []v1alpha1.Baseline) []string {
	var warnings []string
	for i := range baselines {
		if why := waiting(&baselines[i]); why != "" {
			warnings = append(warnings, fmt.Sprintf("baseline %q is restored when it is ready: %s", baselines[i].Name, why))
		}
	}
	return warnings
}
