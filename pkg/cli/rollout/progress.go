package rollout

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// FormatProgress returns how far the present revision is in one clause, from the status alone: "step 2 of 3 (tenth): soaking, 6m left".
func FormatProgress(baseline *v1alpha1.Baseline, now time.Time) string {
	condition := conditionOf(baseline)
	present := presentStep(baseline)
	switch {
	case isRolledOut(baseline):
		return "rolled out"
	case condition.Reason == v1alpha1.ReasonNotRequested:
		return "not requested"
	case meta.FindStatusCondition(baseline.Status.Conditions, v1alpha1.ConditionRolledOut) == nil:
		return "no revision yet"
	case baseline.Spec.Rollout == nil || present < 1 || present > len(plannedSteps(baseline)):
		return presentState(baseline, &v1alpha1.RolloutStep{}, now)
	}
	planned := plannedSteps(baseline)
	state := presentState(baseline, &planned[present-1], now)
	if condition.Reason == v1alpha1.ReasonProgressing {
		state = fmt.Sprintf("%d of %d updated", baseline.Status.Rollout.Updated, baseline.Status.Rollout.Total)
	}
	return fmt.Sprintf("step %d of %d%s: %s", present, len(planned), formatName(&planned[present-1]), state)
}

// formatName returns the name of a step in parentheses; empty for a step without one.
func formatName(planned *v1alpha1.RolloutStep) string {
	if planned.Name == "" {
		return ""
	}
	return " (" + planned.Name + ")"
}

// FormatStepCounts returns the counts of the present step; empty if the present revision is not being rolled out.
func FormatStepCounts(baseline *v1alpha1.Baseline) string {
	if presentStep(baseline) == 0 {
		return ""
	}
	return formatStepCounts(baseline.Status.Rollout)
}
