package rollout

import (
	"fmt"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/output"
)

func newPauseCommand(f *factory.Factory) *cobra.Command {
	return newNamedCommand(f, &cobra.Command{
		Use:   "pause NAME",
		Short: "Stop a rollout before its next namespace",
		Long: "Stop a rollout before its next namespace: updates that have begun end, no other begins, also of later content.\n" +
			"It sets the annotation " + v1alpha1.AnnotationRolloutPaused + ", which GitOps leaves alone.",
		Example: f.FormatExamples("baseline rollout pause web"),
	}, noFlags, func(cmd *cobra.Command, api client.Client, baseline *v1alpha1.Baseline) error {
		return runPause(cmd, f.Program, api, baseline)
	})
}

func runPause(cmd *cobra.Command, program string, api client.Client, baseline *v1alpha1.Baseline) error {
	state := "is paused already"
	if !isPaused(baseline) {
		set := map[string]any{v1alpha1.AnnotationRolloutPaused: "true"}
		if _, err := patchBaseline(cmd.Context(), api, baseline, set, nil, fmt.Sprintf("pause the rollout of baseline %q", baseline.Name)); err != nil {
			return err
		}
		state = "is paused: updates that have begun end, and no other begins"
	}
	output.Fprintf(cmd.OutOrStdout(), "baseline/%s %s\nLet it go on with `%s baseline rollout resume %s`, or go back with `%s baseline rollout undo %s`.\n",
		baseline.Name, state, program, baseline.Name, program, baseline.Name)
	return nil
}
