package rollout

import (
	"cmp"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/output"
)

// FormatReason returns the reason of the condition RolledOut for a table.
func FormatReason(baseline *v1alpha1.Baseline) string {
	condition := meta.FindStatusCondition(baseline.Status.Conditions, v1alpha1.ConditionRolledOut)
	if condition == nil {
		return output.None
	}
	return condition.Reason
}

// PrintSections prints the parts of a baseline's description about its rollout and its history.
func PrintSections(t *output.Text, baseline *v1alpha1.Baseline) {
	t.Heading("Rollout")
	printPlan(t, baseline.Spec.Rollout)
	printPresent(t, baseline)
	t.EmptyLine()
	printHistory(t, baseline)
}

// printPlan prints how a change reaches namespaces.
func printPlan(t *output.Text, rollout *v1alpha1.BaselineRollout) {
	if rollout == nil {
		t.Field("  Steps", "none: namespaces that hold older content keep it, because spec.rollout is not set")
		return
	}
	bound := rollout.EffectiveMaxFailures()
	t.Field("  Steps", rollout.FormatSteps())
	t.Field("  Failures allowed", bound.String())
	t.Field("  New namespaces get", describeNewNamespaces(rollout.NewNamespaces))
}

func describeNewNamespaces(rule v1alpha1.NewNamespaces) string {
	if cmp.Or(rule, v1alpha1.NewNamespacesStable) == v1alpha1.NewNamespacesNewest {
		return "the newest revision at once"
	}
	return "the last revision that was rolled out, until a step selects them"
}

// printPresent prints the state of the present revision.
func printPresent(t *output.Text, baseline *v1alpha1.Baseline) {
	if isPaused(baseline) {
		t.Field("  Paused", fmt.Sprintf("yes (annotation %s)", v1alpha1.AnnotationRolloutPaused))
	}
	condition := conditionOf(baseline)
	t.Field("  Rolled out", fmt.Sprintf("%s (%s)", condition.Status, condition.Reason))
	if condition.Message != "" && !isRolledOut(baseline) {
		t.Field("  Message", condition.Message)
	}
	if present := presentStep(baseline); present > 0 && baseline.Spec.Rollout != nil && !isRolledOut(baseline) {
		t.Field("  Step", fmt.Sprintf("%d of %d, %s", present, len(plannedSteps(baseline)), formatStepCounts(baseline.Status.Rollout)))
	}
}

func printHistory(t *output.Text, baseline *v1alpha1.Baseline) {
	history := listHistory(baseline)
	if len(history) == 0 {
		t.Field("History", output.None)
		return
	}
	t.Heading("History")
	for i := range history {
		t.Field(fmt.Sprintf("  %d", history[i].Revision), formatRevision(&history[i], history[i].Revision == baseline.Status.Revision))
	}
}

// formatRevision returns a revision of the history in a line.
func formatRevision(revision *v1alpha1.BaselineRevision, present bool) string {
	text := fmt.Sprintf("backup %s, content %s", revision.Backup, shortDigest(revision.ContentDigest))
	if present {
		text += ", the present one"
	}
	if revision.RolledOutTimestamp != nil {
		text += ", rolled out " + output.FormatTime(revision.RolledOutTimestamp)
	}
	return text
}
