package rollout

import (
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// step is a step of a rollout, and how far it is.
type step struct {
	number int
	// title is its name and the namespaces that it reaches, for example "tenth (10%)".
	title string
	state string
}

// listSteps returns the steps of a baseline's rollout, with the last one, which reaches all namespaces.
func listSteps(baseline *v1alpha1.Baseline, now time.Time) []step {
	if baseline.Spec.Rollout == nil {
		return nil
	}
	planned := plannedSteps(baseline)
	steps := make([]step, len(planned))
	for i := range planned {
		number := i + 1
		steps[i] = step{number: number, title: stepTitle(&planned[i]), state: stepState(baseline, number, &planned[i], now)}
	}
	return steps
}

// plannedSteps returns the steps as the controller goes through them.
func plannedSteps(baseline *v1alpha1.Baseline) []v1alpha1.RolloutStep {
	planned := baseline.Spec.Rollout.EffectiveSteps()
	return append(slices.Clip(planned), v1alpha1.RolloutStep{NamespaceSelector: &metav1.LabelSelector{}})
}

func stepTitle(planned *v1alpha1.RolloutStep) string {
	if planned.Name == "" {
		return planned.FormatReach()
	}
	return fmt.Sprintf("%s (%s)", planned.Name, planned.FormatReach())
}

func stepState(baseline *v1alpha1.Baseline, number int, planned *v1alpha1.RolloutStep, now time.Time) string {
	present := presentStep(baseline)
	switch {
	case skipsSteps(baseline) && number < len(plannedSteps(baseline)):
		return "skipped"
	case isRolledOut(baseline), number < present:
		return "done"
	case number > present:
		return "to come" + plannedRest(planned)
	}
	return formatStepCounts(baseline.Status.Rollout) + "; " + presentState(baseline, planned, now)
}

// plannedRest returns the waits that follow a step, each with a comma in front.
func plannedRest(planned *v1alpha1.RolloutStep) string {
	text := ""
	if planned.Soak != nil && planned.Soak.Duration > 0 {
		text += ", then a soak of " + planned.Soak.Duration.String()
	}
	if planned.Approval {
		text += ", then an approval"
	}
	return text
}

func formatStepCounts(status *v1alpha1.RolloutStatus) string {
	return fmt.Sprintf("%d of %d updated, %d failed, %d kept", status.Updated, status.Total, status.Failed, status.Kept)
}

// presentState returns the state of the present step.
func presentState(baseline *v1alpha1.Baseline, planned *v1alpha1.RolloutStep, now time.Time) string {
	switch conditionOf(baseline).Reason {
	case v1alpha1.ReasonSoaking:
		if status := baseline.Status.Rollout; status != nil && status.SoakEndTimestamp != nil {
			return fmt.Sprintf("soaking, %s left", formatLeft(status.SoakEndTimestamp.Sub(now)))
		}
		if planned.Soak == nil { // removed from the spec a moment ago
			return "soaking"
		}
		return "soaking for " + planned.Soak.Duration.String()
	case v1alpha1.ReasonAwaitingApproval:
		return "waiting for approval"
	case v1alpha1.ReasonPaused:
		return "paused"
	case v1alpha1.ReasonTooManyFailures:
		return "stopped by failures"
	case v1alpha1.ReasonBaselineNotReady:
		return "waiting for the baseline to be ready"
	case reasonUnobserved:
		return "before the latest change"
	default:
		return "now"
	}
}

// formatLeft returns a rest of time, rounded up: to ten seconds, and from a minute on to minutes.
func formatLeft(left time.Duration) string {
	unit := 10 * time.Second
	if left > time.Minute {
		unit = time.Minute
	}
	rounded := (max(left, 0) + unit - 1).Truncate(unit)
	if rounded < time.Minute {
		return fmt.Sprintf("%ds", int(rounded.Seconds()))
	}
	if rounded < time.Hour {
		return fmt.Sprintf("%dm", int(rounded.Minutes()))
	}
	return fmt.Sprintf("%dh%dm", int(rounded.Hours()), int(rounded.Minutes())%60)
}

// formatMaxFailures returns the failures that are allowed in the present step, for example "1 (5% of 31), 0 so far".
func formatMaxFailures(baseline *v1alpha1.Baseline) string {
	bound := baseline.Spec.Rollout.EffectiveMaxFailures()
	status := baseline.Status.Rollout
	if presentStep(baseline) == 0 {
		return bound.String()
	}
	allowed, err := intstr.GetScaledValueFromIntOrPercent(&bound, int(status.Total), false)
	if err != nil { // the schema refuses it
		return bound.String()
	}
	if bound.Type == intstr.String {
		return fmt.Sprintf("%d (%s of %d), %d so far", allowed, bound.String(), status.Total, status.Failed)
	}
	return fmt.Sprintf("%d, %d so far", allowed, status.Failed)
}
