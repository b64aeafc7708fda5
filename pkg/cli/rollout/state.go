package rollout

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// reasonUnobserved is shown instead of the reason of RolledOut until the controller has seen the latest change.
const reasonUnobserved = "NotYetObserved"

// conditionOf returns the condition RolledOut. It is Unknown before the controller has seen the latest change.
func conditionOf(baseline *v1alpha1.Baseline) metav1.Condition {
	condition := meta.FindStatusCondition(baseline.Status.Conditions, v1alpha1.ConditionRolledOut)
	if condition == nil || isStale(baseline, condition) {
		return metav1.Condition{Status: metav1.ConditionUnknown, Reason: reasonUnobserved, Message: "Waiting for the controller to see the change"}
	}
	return *condition
}

// CurrentReason returns the reason of the condition RolledOut, or NotYetObserved before the controller has seen the latest change.
func CurrentReason(baseline *v1alpha1.Baseline) string { return conditionOf(baseline).Reason }

// isStale reports whether a condition is older than the baseline's spec or its annotations.
func isStale(baseline *v1alpha1.Baseline, condition *metav1.Condition) bool {
	// Two controllers write the status: the condition may be older than the rest of it.
	if baseline.Status.ObservedGeneration < baseline.Generation || condition.ObservedGeneration < baseline.Generation {
		return true
	}
	switch condition.Reason {
	case v1alpha1.ReasonPaused:
		return !isPaused(baseline)
	case v1alpha1.ReasonAwaitingApproval:
		return isApproved(baseline, presentStep(baseline)) || skipsSteps(baseline)
	case v1alpha1.ReasonNotRequested:
		return baseline.Spec.Rollout != nil
	}
	return false
}

func isPaused(baseline *v1alpha1.Baseline) bool {
	_, paused := baseline.Annotations[v1alpha1.AnnotationRolloutPaused]
	return paused
}

// skipsSteps reports whether the present revision reaches all namespaces at once.
func skipsSteps(baseline *v1alpha1.Baseline) bool {
	hash := baseline.Status.RevisionHash
	return hash != "" && baseline.Annotations[v1alpha1.AnnotationRolloutSkipSteps] == hash
}

// isApproved reports whether a step of the present revision is approved: by itself or with all others.
func isApproved(baseline *v1alpha1.Baseline, step int) bool {
	switch baseline.Annotations[v1alpha1.AnnotationRolloutApproved] {
	case approval(baseline, fmt.Sprint(step)), approval(baseline, v1alpha1.RolloutApprovedAll):
		return baseline.Status.RevisionHash != ""
	}
	return false
}

// approval returns the annotation's value that approves a step, or all, of the present revision.
func approval(baseline *v1alpha1.Baseline, step string) string {
	return baseline.Status.RevisionHash + "/" + step
}

// presentStep returns the number of the present step; 0 if the present revision is not being rolled out.
func presentStep(baseline *v1alpha1.Baseline) int {
	status := baseline.Status.Rollout
	switch {
	case status == nil || status.RevisionHash != baseline.Status.RevisionHash:
		return 0
	case baseline.Spec.Rollout != nil && skipsSteps(baseline):
		return len(plannedSteps(baseline))
	}
	return int(status.Step)
}

// hasStopped reports whether a rollout does not go on by itself. A Baseline whose backup is being taken does.
func hasStopped(baseline *v1alpha1.Baseline) bool {
	switch conditionOf(baseline).Reason {
	case v1alpha1.ReasonTooManyFailures, v1alpha1.ReasonAwaitingApproval, v1alpha1.ReasonPaused, v1alpha1.ReasonNotRequested:
		return true
	case v1alpha1.ReasonBaselineNotReady:
		ready := resource.Ready(baseline.Status.Conditions)
		return ready.Status == metav1.ConditionFalse && ready.Reason != v1alpha1.ReasonBackupNotReady
	}
	return false
}

// isRolledOut reports whether no namespace is outdated.
func isRolledOut(baseline *v1alpha1.Baseline) bool {
	return conditionOf(baseline).Status == metav1.ConditionTrue
}

// nextAction returns the way on in a clause; empty if there is nothing to do.
func nextAction(program string, baseline *v1alpha1.Baseline) string {
	command := func(verb string, flags ...string) string {
		return fmt.Sprintf("`%s`", strings.Join(append([]string{program, "baseline rollout", verb, baseline.Name}, flags...), " "))
	}
	reason := conditionOf(baseline).Reason
	if isPaused(baseline) && reason == v1alpha1.ReasonProgressing {
		reason = v1alpha1.ReasonPaused // updates that had begun end
	}
	switch reason {
	case v1alpha1.ReasonNotRequested:
		return fmt.Sprintf("let the content reach them with `%s baseline set %s --rollout`", program, baseline.Name)
	case v1alpha1.ReasonProgressing, v1alpha1.ReasonSoaking, reasonUnobserved:
		return "watch it with " + command("status", "--watch") + ", stop it with " + command("pause")
	case v1alpha1.ReasonAwaitingApproval:
		return "let it go on with " + command("approve") + ", or go back with " + command("undo")
	case v1alpha1.ReasonPaused:
		return "let it go on with " + command("resume") + ", or go back with " + command("undo")
	case v1alpha1.ReasonTooManyFailures:
		return fmt.Sprintf("mend the namespaces that failed and it goes on by itself, take another backup with `%s baseline set %s --backup BACKUP`, "+
			"allow more in spec.rollout.maxFailures, or go back with %s", program, baseline.Name, command("undo"))
	case v1alpha1.ReasonBaselineNotReady:
		return fmt.Sprintf("see the cause with `%s baseline describe %s`", program, baseline.Name)
	}
	return ""
}

// stopError returns the error of a wait for a rollout that has stopped. The lines before it show how far the rollout is, and the
// condition's message repeats that, with advice for users of kubectl. Only the cause of a Baseline that is not ready is in the message
// alone.
func stopError(program string, baseline *v1alpha1.Baseline) error {
	condition := conditionOf(baseline)
	cause := condition.Reason
	if cause == v1alpha1.ReasonBaselineNotReady {
		cause += ": " + output.OneLine(condition.Message)
	}
	return fmt.Errorf("baseline %q is not rolled out: %s: %s", baseline.Name, cause, nextAction(program, baseline))
}
