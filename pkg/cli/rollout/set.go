package rollout

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// writeOptions are the flags of commands that change the content of a baseline.
type writeOptions struct {
	rollout, force bool
	wait           flag.Wait
}

func (o *writeOptions) addTo(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&o.rollout, "rollout", false, "set spec.rollout, if it has none: namespaces that hold it are updated, first one, then a tenth, then all")
	cmd.Flags().BoolVar(&o.force, "force", false, "change it although GitOps manages it and may revert that")
	o.wait.AddWithTimeout(cmd, "it is rolled out; a rollout that stops or waits for an approval is an error", 0)
}

// applyTo sets spec.rollout if it is asked for and absent.
func (o *writeOptions) applyTo(c *change) {
	if o.rollout && c.after.Rollout == nil {
		c.after.Rollout = &v1alpha1.BaselineRollout{}
	}
}

// setOptions are the flags of baseline set.
type setOptions struct {
	writeOptions
	backup, source string
	sourceSet      func() bool
}

// NewSetCommand returns the command that changes the content of a baseline.
func NewSetCommand(f *factory.Factory) *cobra.Command {
	o := &setOptions{}
	cmd := newNamedCommand(f, &cobra.Command{
		Use:   "set NAME --backup BACKUP",
		Short: "Change the backup of a baseline, for new namespaces and those that hold it",
		Long: "Change the backup of a baseline. New namespaces get the new content. Namespaces that hold the baseline are\n" +
			"updated if it has spec.rollout (--rollout sets it): step by step, only the objects that differ, and without\n" +
			"undoing what was changed there. It is an ordinary change of spec, as kubectl and GitOps make it, and takes the\n" +
			"verb \"restore\" on the backup. For a baseline that GitOps manages, the manifest to commit is printed instead.",
		Example: f.FormatExamples(
			"baseline set web --backup pull-v2",
			"baseline set web --backup pull-v2 --rollout --wait",
		),
	}, o.validate, func(cmd *cobra.Command, api client.Client, baseline *v1alpha1.Baseline) error {
		return o.runSet(cmd, f, api, baseline)
	})
	cmd.Flags().StringVar(&o.backup, "backup", "", "`BACKUP` that namespaces get from now on")
	cmd.Flags().StringVar(&o.source, "source-namespace", "", "`NAMESPACE` of the backup to restore; needed only when it holds several, and empty for the only one")
	o.sourceSet = func() bool { return cmd.Flags().Changed("source-namespace") }
	o.addTo(cmd)
	resource.CompleteFlag(f, cmd, "backup", resource.Backup)
	return cmd
}

func (o *setOptions) validate() error {
	if o.backup == "" && !o.sourceSet() && !o.rollout {
		return errors.New("--backup is missing: say which backup namespaces get from now on")
	}
	return o.wait.Validate()
}

func (o *setOptions) runSet(cmd *cobra.Command, f *factory.Factory, api client.Client, baseline *v1alpha1.Baseline) error {
	c := newChange(baseline)
	c.after.Backup = cmp.Or(o.backup, baseline.Spec.Backup)
	if o.sourceSet() {
		c.after.SourceNamespace = o.source
	}
	o.applyTo(c)
	if c.changesContent() {
		if err := resource.CheckBaselineBackup(cmd.Context(), api, &c.after); err != nil {
			return err
		}
	}
	return o.finish(cmd, f, api, c, formatSet(c))
}

// finish writes a change and prints done, the effect, and with --wait the progress. It writes nothing for a change of nothing.
func (o *writeOptions) finish(cmd *cobra.Command, f *factory.Factory, api client.Client, c *change, done string) error {
	after := c.before
	if !c.isEmpty() {
		written, err := c.write(cmd, api, o.force)
		if err != nil {
			return err
		}
		after = written
	}
	output.Fprintf(cmd.OutOrStdout(), "baseline/%s %s\n", c.before.Name, done)
	for _, line := range c.effects(f.Program) {
		output.Fprintf(cmd.OutOrStdout(), "%s\n", line)
	}
	if !o.wait.Wait {
		return nil
	}
	return await(cmd, f, api, after, o.wait.Timeout, output.NewProgress(cmd.ErrOrStderr(), f.Now))
}

// formatSet returns the change of baseline set after the baseline's name.
func formatSet(c *change) string {
	before, after := &c.before.Spec, &c.after
	switch {
	case before.Backup != after.Backup:
		return fmt.Sprintf("is set to backup %s (was %s)", after.Backup, before.Backup)
	case before.SourceNamespace != after.SourceNamespace:
		return fmt.Sprintf("is set to %s of backup %s (was %s)", formatSource(after), after.Backup, formatSource(before))
	case before.Rollout == nil && after.Rollout != nil:
		return "has spec.rollout now"
	default:
		return fmt.Sprintf("is set to backup %s already", after.Backup)
	}
}

func formatSource(spec *v1alpha1.BaselineSpec) string {
	if spec.SourceNamespace == "" {
		return "the only namespace"
	}
	return "namespace " + spec.SourceNamespace
}
