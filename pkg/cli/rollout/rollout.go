package rollout

import (
	"context"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// NewCommand returns the commands of rollouts.
func NewCommand(f *factory.Factory) *cobra.Command {
	return factory.NewGroup(&cobra.Command{
		Use:   "rollout",
		Short: "Follow, stop and undo the update of namespaces to a baseline's new content",
	},
		newApproveCommand(f),
		newHistoryCommand(f),
		newPauseCommand(f),
		newResumeCommand(f),
		newStatusCommand(f),
		newUndoCommand(f),
	)
}

// newNamedCommand returns a command that takes the name of a baseline. run gets the baseline and the client that read it.
func newNamedCommand(f *factory.Factory, cmd *cobra.Command, validate func() error, run func(*cobra.Command, client.Client, *v1alpha1.Baseline) error) *cobra.Command {
	cmd.Args = flag.OneName
	cmd.ValidArgsFunction = resource.CompleteNames(f, resource.Baseline)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := validate(); err != nil {
			return err
		}
		api, err := f.NewClient(cmd)
		if err != nil {
			return err
		}
		baseline, err := getBaseline(cmd.Context(), api, args[0])
		if err != nil {
			return err
		}
		return run(cmd, api, baseline)
	}
	return cmd
}

// getBaseline returns the baseline of that name. If there is none, the error suggests the nearest name.
func getBaseline(ctx context.Context, api client.Reader, name string) (*v1alpha1.Baseline, error) {
	obj, err := resource.GetNamed(ctx, api, resource.Baseline, name)
	if err != nil {
		return nil, err
	}
	return obj.(*v1alpha1.Baseline), nil
}

// noFlags is the validation of a command without flags of its own.
func noFlags() error { return nil }
