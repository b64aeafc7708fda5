package cli

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// newBaselinePreviewCommand says what a baseline would do to a namespace.
func newBaselinePreviewCommand(t *tool) *cobra.Command {
	o := &baselinePreviewOptions{}
	cmd := &cobra.Command{
		Use:   "preview NAME --namespace NAMESPACE",
		Short: "Say what a baseline would put into a namespace, and write nothing",
		Long: "Say what would be created, changed, kept and skipped, and why, if the baseline were restored into the\n" +
			"namespace as it is now, which need not exist yet. Nothing is written. With -o yaml, the objects that\n" +
			"would be created and changed are printed instead, mapped to the namespace, without the values of\n" +
			"Secrets; where there are no Secrets, kubectl diff takes them. You need the verbs \"create\" and \"get\" on\n" +
			"baselinepreviews, \"get\" on the baseline, \"restore\" on its backup, and \"create\" on baselinerestores in the\n" +
			"namespace, or in the whole cluster where it does not exist yet.",
		Example: t.examples(
			"baseline preview web --namespace bar",
			"baseline preview web --namespace bar -o yaml | kubectl diff -f -",
		),
		Args:              oneName,
		ValidArgsFunction: completeNames(t, baselineKind),
		RunE:              func(cmd *cobra.Command, args []string) error { return o.run(cmd, t, args[0]) },
	}
	cmd.Flags().StringVarP(&o.format, "output", "o", "", previewUsage)
	cmd.Flags().DurationVar(&o.wait.timeout, "timeout", previewTimeout, "stop waiting for the answer after this `DURATION`; 0 waits for ever")
	complete(cmd, "output", previewFormats...)
	return cmd
}

// previewUsage is of -o.
var previewUsage = "print as `FORMAT`: " + strings.Join(previewFormats, ", ") + "; yaml and json are the objects that would be written"

// previewTimeout is longer than the controller tries to answer a preview.
const previewTimeout = 3 * time.Minute

// baselinePreviewOptions are the flags of baseline preview.
type baselinePreviewOptions struct {
	format string
	wait   waitFlags
}

func (o *baselinePreviewOptions) check(namespace string) error {
	if err := checkPreviewFormat(o.format); err != nil {
		return err
	}
	if namespace == "" {
		return fmt.Errorf("say with --namespace for which namespace: it need not exist")
	}
	return cmp.Or(checkTargetName(namespace), o.wait.check())
}

func (o *baselinePreviewOptions) run(cmd *cobra.Command, t *tool, name string) error {
	namespace := t.namespaceFlag()
	if err := o.check(namespace); err != nil {
		return err
	}
	c, err := t.client(cmd)
	if err != nil {
		return err
	}
	baseline, err := getNamed(cmd.Context(), c, baselineKind, name)
	if err != nil {
		return err
	}
	preview, err := newPreviewer(cmd, t, c, o.wait.timeout).ask(cmd.Context(), v1alpha1.BaselinePreviewSpec{
		Namespace: namespace, Baseline: name, Backup: baseline.(*v1alpha1.Baseline).Spec.Backup, Objects: wantsObjects(o.format),
	})
	if err != nil {
		return err
	}
	return printPreviews(cmd, o.format, []*v1alpha1.BaselinePreview{preview})
}

// wantsObjects reports whether a format is the objects themselves.
func wantsObjects(format string) bool { return format != "" && format != formatTable }
