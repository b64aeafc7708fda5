package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// newBaselinePreviewCommand says what a baseline would do to a namespace.
func newBaselinePreviewCommand(t *tool) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "preview NAME --namespace NAMESPACE",
		Short: "Say what a baseline would put into a namespace, and write nothing",
		Long: "Say what would be created, changed, kept and skipped, and why, if the baseline were restored into the\n" +
			"namespace as it is now, which need not exist yet. Nothing is written. With -o yaml, the objects that\n" +
			"would be created and changed are printed instead, mapped to the namespace, without the values of\n" +
			"Secrets; where there are no Secrets, kubectl diff takes them. You need the verb \"create\" on\n" +
			"baselinepreviews and the verb \"restore\" on the baseline's backup.",
		Example: t.examples(
			"baseline preview web --namespace bar",
			"baseline preview web --namespace bar -o yaml | kubectl diff -f -",
		),
		Args:              oneName,
		ValidArgsFunction: completeNames(t, baselineKind),
		RunE:              func(cmd *cobra.Command, args []string) error { return previewBaseline(cmd, t, args[0], format) },
	}
	cmd.Flags().StringVarP(&format, "output", "o", "", previewUsage)
	complete(cmd, "output", previewFormats...)
	return cmd
}

// previewUsage is of -o.
var previewUsage = "print as `FORMAT`: " + strings.Join(previewFormats, ", ") + "; yaml and json are the objects that would be written"

func previewBaseline(cmd *cobra.Command, t *tool, name, format string) error {
	namespace := t.namespaceFlag()
	if err := checkPreviewFormat(format); err != nil {
		return err
	}
	if namespace == "" {
		return fmt.Errorf("say with --namespace for which namespace: it need not exist")
	}
	if err := checkNamespaceName(namespace); err != nil {
		return err
	}
	c, err := t.client(cmd)
	if err != nil {
		return err
	}
	// Who may not read baselines is left to what the API says.
	if _, err := getNamed(cmd.Context(), c, baselineKind, name); err != nil && !apierrors.IsForbidden(err) {
		return err
	}
	preview, err := askPreview(cmd.Context(), c, v1alpha1.BaselinePreviewSpec{Namespace: namespace, Baseline: name, Objects: wantsObjects(format)})
	if err != nil {
		return err
	}
	return printPreviews(cmd, format, []*v1alpha1.BaselinePreview{preview})
}

// wantsObjects says whether a format is the objects themselves.
func wantsObjects(format string) bool { return format != "" && format != formatTable }
