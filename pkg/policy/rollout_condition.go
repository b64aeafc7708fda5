package policy

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// conditionWithoutRollout returns the condition of a Baseline whose rollout is not requested, or whose revision is not known.
func conditionWithoutRollout(view *RolloutView) metav1.Condition {
	var all stepCounts
	for i := range view.Holders {
		all.addHolder(&view.Holders[i])
	}
	switch {
	case all.outdated == 0:
		return rolledOutCondition(&all)
	case view.Rollout == nil:
		return waitingCondition(v1alpha1.ReasonNotRequested, "%s older content: set spec.rollout to update them ({} updates one, then a tenth, then all)",
			countNamespaces(all.outdated, "holds", "hold"))
	case view.NotReady != "":
		return notReadyCondition(&all, view.NotReady)
	default:
		return notReadyCondition(&all, "its revision is not known yet")
	}
}

// condition returns the condition of the present step.
func (r *rollout) condition() metav1.Condition {
	present, all := r.present(), r.all()
	switch {
	case r.status.CompletionTimestamp != nil && all.outdated == 0:
		return rolledOutCondition(all)
	case r.view.NotReady != "":
		return notReadyCondition(all, r.view.NotReady)
	case r.view.Paused:
		return waitingCondition(v1alpha1.ReasonPaused, "%s: remove the annotation %s to continue", r.progress(), v1alpha1.AnnotationRolloutPaused)
	case present.failed > present.allowed:
		return waitingCondition(v1alpha1.ReasonTooManyFailures, "%s and spec.rollout.maxFailures allows %d: fix the cause that their BaselineRecords name, "+
			"or set spec.backup to an earlier one", r.progress(), present.allowed)
	case r.wait == v1alpha1.ReasonSoaking:
		return waitingCondition(r.wait, "%s: soaks until %s", r.progress(), r.soakEnd.UTC().Format(time.RFC3339))
	case r.wait == v1alpha1.ReasonAwaitingApproval:
		return waitingCondition(r.wait, "%s: set the annotation %s to %s to continue", r.progress(), v1alpha1.AnnotationRolloutApproved, r.approval())
	default:
		return waitingCondition(v1alpha1.ReasonProgressing, "%s", r.progress())
	}
}

// progress returns a clause about the present step.
func (r *rollout) progress() string {
	name := ""
	if r.status.StepName != "" {
		name = " (" + r.status.StepName + ")"
	}
	present := r.present()
	text := fmt.Sprintf("step %d of %d%s: %d of %s updated", r.status.Step, r.status.Steps, name, present.updated, countNamespaces(present.total, "is", "are"))
	if present.failed > 0 {
		text += fmt.Sprintf(", %d failed", present.failed)
	}
	return text
}

func rolledOutCondition(all *stepCounts) metav1.Condition {
	message := "no namespace holds older content"
	if all.failed > 0 {
		message += fmt.Sprintf("; %s incomplete and retried: their BaselineRecords have the errors", countNamespaces(all.failed, "is", "are"))
	}
	return metav1.Condition{Type: v1alpha1.ConditionRolledOut, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonRolledOut, Message: message}
}

func notReadyCondition(all *stepCounts, reason string) metav1.Condition {
	return waitingCondition(v1alpha1.ReasonBaselineNotReady, "%s older content, and none is updated until the Baseline is Ready: %.*s",
		countNamespaces(all.outdated, "holds", "hold"), v1alpha1.MaxMessageLength/4, reason)
}

func waitingCondition(reason, format string, args ...any) metav1.Condition {
	return metav1.Condition{Type: v1alpha1.ConditionRolledOut, Status: metav1.ConditionFalse, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// countNamespaces returns "1 namespace" or "2 namespaces" with the verb's form.
func countNamespaces(count int, one, more string) string {
	if count == 1 {
		return "1 namespace " + one
	}
	return fmt.Sprintf("%d namespaces %s", count, more)
}
