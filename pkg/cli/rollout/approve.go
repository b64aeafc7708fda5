package rollout

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/output"
)

// approveOptions are the flags of rollout approve.
type approveOptions struct {
	step int
	all  bool
}

func newApproveCommand(f *factory.Factory) *cobra.Command {
	o := &approveOptions{}
	cmd := newNamedCommand(f, &cobra.Command{
		Use:   "approve NAME",
		Short: "Let a rollout go on after a step that waits for an approval",
		Long: "Approve the present step of a rollout, another one, or all of them. An approval is for the present content alone:\n" +
			"it sets the annotation " + v1alpha1.AnnotationRolloutApproved + " to the hash of the revision and the step.",
		Example: f.FormatExamples("baseline rollout approve web", "baseline rollout approve web --all"),
	}, o.validate, func(cmd *cobra.Command, api client.Client, baseline *v1alpha1.Baseline) error {
		return o.runApprove(cmd, f.Program, api, baseline)
	})
	cmd.Flags().IntVar(&o.step, "step", 0, "approve step `NUMBER` instead of the present one")
	cmd.Flags().BoolVar(&o.all, "all", false, "approve every step")
	return cmd
}

func (o *approveOptions) validate() error {
	switch {
	case o.all && o.step != 0:
		return errors.New("--all and --step exclude each other: choose one")
	case o.step < 0:
		return fmt.Errorf("--step %d is no step: they are numbered from 1 on", o.step)
	}
	return nil
}

func (o *approveOptions) runApprove(cmd *cobra.Command, program string, api client.Client, baseline *v1alpha1.Baseline) error {
	value, title, err := o.resolve(baseline)
	if err != nil {
		return err
	}
	state := "is approved already"
	present := baseline.Annotations[v1alpha1.AnnotationRolloutApproved]
	if present != value && present != approval(baseline, v1alpha1.RolloutApprovedAll) {
		set := map[string]any{v1alpha1.AnnotationRolloutApproved: value}
		if _, err := patchBaseline(cmd.Context(), api, baseline, set, nil, fmt.Sprintf("approve the rollout of baseline %q", baseline.Name)); err != nil {
			return err
		}
		state = "is approved"
	}
	output.Fprintf(cmd.OutOrStdout(), "baseline/%s: %s of revision %d %s\n", baseline.Name, title, baseline.Status.Revision, state)
	if isPaused(baseline) {
		output.Fprintf(cmd.OutOrStdout(), "It is paused: none is updated until `%s baseline rollout resume %s`.\n", program, baseline.Name)
		return nil
	}
	output.Fprintf(cmd.OutOrStdout(), "Watch it with `%s baseline rollout status %s --watch`.\n", program, baseline.Name)
	return nil
}

// resolve returns the annotation's value for the flags, and the words for the steps that it approves.
func (o *approveOptions) resolve(baseline *v1alpha1.Baseline) (value, title string, err error) {
	waiting := approvalSteps(baseline)
	switch {
	case baseline.Spec.Rollout == nil:
		return "", "", fmt.Errorf("baseline %q has no spec.rollout, so there is nothing to approve: add it with --rollout of baseline set", baseline.Name)
	case baseline.Status.RevisionHash == "":
		return "", "", fmt.Errorf("baseline %q has no revision yet, so there is nothing to approve: see its condition Ready", baseline.Name)
	case len(waiting) == 0:
		return "", "", fmt.Errorf("no step of baseline %q needs an approval: set approval in spec.rollout.steps where one should", baseline.Name)
	case o.all:
		return approval(baseline, v1alpha1.RolloutApprovedAll), "every step", nil
	}
	number := o.step
	if number == 0 {
		if number = presentStep(baseline); number == 0 {
			return "", "", fmt.Errorf("baseline %q has no step that is going on: say with --step which one to approve: %s", baseline.Name, joinNumbers(waiting))
		}
	}
	if !needsApproval(baseline, number) {
		return "", "", fmt.Errorf("step %d of baseline %q needs no approval: say with --step which one to approve: %s", number, baseline.Name, joinNumbers(waiting))
	}
	return approval(baseline, fmt.Sprint(number)), fmt.Sprintf("step %d", number), nil
}

// approvalSteps returns the numbers of the steps that need an approval.
func approvalSteps(baseline *v1alpha1.Baseline) []int {
	if baseline.Spec.Rollout == nil {
		return nil
	}
	var numbers []int
	for number := range plannedSteps(baseline) {
		if needsApproval(baseline, number+1) {
			numbers = append(numbers, number+1)
		}
	}
	return numbers
}
