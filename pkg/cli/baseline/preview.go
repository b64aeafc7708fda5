package baseline

import (
	"cmp"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/preview"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// newPreviewCommand returns the command that predicts the restore of a baseline into a namespace.
func newPreviewCommand(f *factory.Factory) *cobra.Command {
	o := &previewOptions{}
	cmd := &cobra.Command{
		Use:   "preview NAME --namespace NAMESPACE",
		Short: "Say what a baseline would put into a namespace, and write nothing",
		Long: "Say what would be created, changed, kept and skipped, and why, if the baseline were restored into the\n" +
			"namespace as it is now, which need not exist yet, or, where the namespace holds the baseline, if it were\n" +
			"updated; --backup previews the change to another backup. Nothing is written. With -o yaml, the objects that\n" +
			"would be created and changed are printed instead, mapped to the namespace, without the values of\n" +
			"Secrets; where there are no Secrets, kubectl diff takes them. You need the verbs \"create\" and \"get\" on\n" +
			"baselinepreviews, \"get\" on the baseline, \"restore\" on its backup, and \"create\" on baselinerestores in the\n" +
			"namespace, or in the whole cluster where it does not exist yet.",
		Example: f.FormatExamples(
			"baseline preview web --namespace bar",
			"baseline preview web --namespace bar --backup pull-v2",
			"baseline preview web --namespace bar -o yaml | kubectl diff -f -",
		),
		Args:              flag.OneName,
		ValidArgsFunction: resource.CompleteNames(f, resource.Baseline),
		RunE:              func(cmd *cobra.Command, args []string) error { return o.runPreview(cmd, f, args[0]) },
	}
	cmd.Flags().StringVarP(&o.format, "output", "o", "", preview.FormatUsage)
	cmd.Flags().StringVar(&o.backup, "backup", "", "preview `BACKUP` instead of the baseline's own (before baseline set)")
	cmd.Flags().DurationVar(&o.wait.Timeout, "timeout", previewTimeout, "stop waiting for the answer after this `DURATION`; 0 waits for ever")
	flag.CompleteWords(cmd, "output", preview.Formats...)
	resource.CompleteFlag(f, cmd, "backup", resource.Backup)
	return cmd
}

// previewTimeout is longer than the controller's attempts to answer a preview.
const previewTimeout = 3 * time.Minute

// previewOptions are the flags of baseline preview.
type previewOptions struct {
	format string
	backup string
	wait   flag.Wait
}

func (o *previewOptions) validate(namespace string) error {
	if err := preview.CheckFormat(o.format); err != nil {
		return err
	}
	if namespace == "" {
		return fmt.Errorf("say with --namespace for which namespace: it need not exist")
	}
	return cmp.Or(flag.CheckTargetName(namespace), o.wait.Validate())
}

func (o *previewOptions) runPreview(cmd *cobra.Command, f *factory.Factory, name string) error {
	namespace := f.NamespaceFlag()
	if err := o.validate(namespace); err != nil {
		return err
	}
	c, err := f.NewClient(cmd)
	if err != nil {
		return err
	}
	baseline, err := resource.GetNamed(cmd.Context(), c, resource.Baseline, name)
	if err != nil {
		return err
	}
	spec := &baseline.(*v1alpha1.Baseline).Spec
	if o.backup != "" && o.backup != spec.Backup {
		spec.Backup = o.backup
		if err := resource.CheckBaselineBackup(cmd.Context(), c, spec); err != nil {
			return err
		}
	}
	answer, err := preview.New(cmd, f, c, o.wait.Timeout).Request(cmd.Context(), v1alpha1.BaselinePreviewSpec{
		Namespace: namespace, Baseline: name, Backup: spec.Backup, Objects: preview.WantsObjects(o.format),
	})
	if err != nil {
		return err
	}
	return preview.Print(cmd, o.format, []*v1alpha1.BaselinePreview{answer})
}
