package rollout

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// statusOptions are the flags of rollout status.
type statusOptions struct {
	watch   bool
	timeout time.Duration
}

func newStatusCommand(f *factory.Factory) *cobra.Command {
	o := &statusOptions{}
	cmd := newNamedCommand(f, &cobra.Command{
		Use:   "status NAME",
		Short: "Show how far a baseline's content has got, and why it waits",
		Long: "Show how far the present content of a baseline has got: its steps, the namespaces that failed and those that kept\n" +
			"something of theirs, and the way on. With --watch, a line for each step is shown until every namespace has the\n" +
			"content; a rollout that is paused, stopped by failures or waiting for an approval ends it with exit code 1.",
		Example: f.FormatExamples("baseline rollout status web", "baseline rollout status web --watch"),
	}, o.validate, func(cmd *cobra.Command, api client.Client, baseline *v1alpha1.Baseline) error {
		if o.watch {
			return await(cmd, f, api, baseline, o.timeout, output.NewProgress(cmd.OutOrStdout(), f.Now))
		}
		return runStatus(cmd, f, api, baseline)
	})
	cmd.Flags().BoolVarP(&o.watch, "watch", "w", false, "watch it until it is rolled out, or does not go on by itself")
	cmd.Flags().DurationVar(&o.timeout, "timeout", 0, "with --watch: stop watching after this `DURATION`; 0 watches for ever")
	return cmd
}

func (o *statusOptions) validate() error {
	if o.timeout < 0 {
		return fmt.Errorf("--timeout %s is negative: give a duration such as 5m, or 0 to watch for ever", o.timeout)
	}
	return nil
}

func runStatus(cmd *cobra.Command, f *factory.Factory, api client.Reader, baseline *v1alpha1.Baseline) error {
	r := &report{program: f.Program, baseline: baseline, now: f.Now()}
	if needsRecords(baseline) {
		held, err := resource.FindHolders(cmd.Context(), api, baseline.Name)
		if err != nil {
			return err
		}
		r.held = held
	}
	output.Fprintf(cmd.OutOrStdout(), "%s", r.text())
	return nil
}
