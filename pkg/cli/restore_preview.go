package cli

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// dryRunFlag is --dry-run, with kubectl's words beside true and false. Without a word it is true.
type dryRunFlag bool

// String is the value, for pflag.
func (f *dryRunFlag) String() string { return strconv.FormatBool(bool(*f)) }

// Set takes a word, for pflag.
func (f *dryRunFlag) Set(word string) error {
	switch word {
	case "server", "true":
		*f = true
	case "none", "false":
		*f = false
	default:
		return fmt.Errorf("only the cluster knows what would happen, so it is server or nothing")
	}
	return nil
}

// Type is what keeps the value out of help, for pflag.
func (f *dryRunFlag) Type() string { return "bool" }

func (f *dryRunFlag) add(cmd *cobra.Command) {
	cmd.Flags().Var(f, "dry-run", "write nothing and say what would be created, changed, kept and skipped, and why; -o is table, or yaml or json for the objects that would be written")
	cmd.Flags().Lookup("dry-run").NoOptDefVal = "true"
	complete(cmd, "dry-run", "server")
}

// checkDryRun is an error when the flags say two things at once.
func (o *restoreCreateOptions) checkDryRun() error {
	if o.wait.wait {
		return fmt.Errorf("--dry-run and --wait exclude each other: nothing is created that could be waited for")
	}
	return cmp.Or(checkPreviewFormat(o.output.format), o.wait.check())
}

// preview says what each restore would do. A target that is missing stays so.
func (o *restoreCreateOptions) preview(cmd *cobra.Command, t *tool, c client.Client, backup *v1alpha1.BaselineBackup, mappings []mapping) error {
	if err := checkRestorable(backup); err != nil {
		return err
	}
	var previews []*v1alpha1.BaselinePreview
	for _, m := range mappings {
		preview, err := newPreviewer(cmd, t, c, o.wait.timeout).ask(cmd.Context(), v1alpha1.BaselinePreviewSpec{
			Namespace: m.target, Backup: o.backup, SourceNamespace: m.source, ExistingResources: o.policy.value,
			RestoreSelection: o.selection.spec,
			Objects:          wantsObjects(o.output.format),
		})
		if err != nil {
			return err
		}
		previews = append(previews, preview)
	}
	return printPreviews(cmd, o.output.format, previews)
}
