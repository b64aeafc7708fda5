package rollout

import (
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/output"
)

func newResumeCommand(f *factory.Factory) *cobra.Command {
	return newNamedCommand(f, &cobra.Command{
		Use:   "resume NAME",
		Short: "Let a rollout go on that is paused or waits for an approval",
		Long: "Let a rollout go on: it is not paused any more, and its present step is approved if it waits for that. A rollout\n" +
			"that failures have stopped goes on when they are mended.",
		Example: f.FormatExamples("baseline rollout resume web"),
	}, noFlags, func(cmd *cobra.Command, api client.Client, baseline *v1alpha1.Baseline) error {
		return runResume(cmd, f.Program, api, baseline)
	})
}

func runResume(cmd *cobra.Command, program string, api client.Client, baseline *v1alpha1.Baseline) error {
	name, changes, done := baseline.Name, map[string]any{}, []string(nil)
	if isPaused(baseline) {
		changes[v1alpha1.AnnotationRolloutPaused] = nil
		done = append(done, "is not paused any more")
	}
	if step := presentStep(baseline); awaitsApproval(baseline) {
		changes[v1alpha1.AnnotationRolloutApproved] = approval(baseline, fmt.Sprint(step))
		done = append(done, fmt.Sprintf("is approved to go on after step %d", step))
	}
	if len(changes) == 0 {
		output.Fprintf(cmd.OutOrStdout(), "baseline/%s is not paused and waits for no approval: nothing was changed\n", name)
		if next := nextAction(program, baseline); next != "" {
			output.Fprintf(cmd.OutOrStdout(), "To go on: %s.\n", next)
		}
		return nil
	}
	if _, err := patchBaseline(cmd.Context(), api, baseline, changes, nil, fmt.Sprintf("resume the rollout of baseline %q", name)); err != nil {
		return err
	}
	for _, line := range done {
		output.Fprintf(cmd.OutOrStdout(), "baseline/%s %s\n", name, line)
	}
	output.Fprintf(cmd.OutOrStdout(), "Watch it with `%s baseline rollout status %s --watch`.\n", program, name)
	return nil
}

// awaitsApproval reports whether the present step waits for its approval, or would if the rollout were not paused.
func awaitsApproval(baseline *v1alpha1.Baseline) bool {
	present := presentStep(baseline)
	if present == 0 || isApproved(baseline, present) || !needsApproval(baseline, present) {
		return false
	}
	condition := meta.FindStatusCondition(baseline.Status.Conditions, v1alpha1.ConditionRolledOut)
	if condition == nil {
		return false
	}
	status := baseline.Status.Rollout
	return condition.Reason == v1alpha1.ReasonAwaitingApproval ||
		condition.Reason == v1alpha1.ReasonPaused && status.Updated+status.Failed >= status.Total
}

// needsApproval reports whether the rollout waits for an approval after a step.
func needsApproval(baseline *v1alpha1.Baseline, number int) bool {
	if baseline.Spec.Rollout == nil || number < 1 {
		return false
	}
	planned := plannedSteps(baseline)
	return number <= len(planned) && planned[number-1].Approval
}
