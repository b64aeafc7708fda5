package restore

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/preview"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// dryRunFlag is --dry-run, with kubectl's words beside true and false. Without a word it is true.
type dryRunFlag bool

// String returns the value, for pflag.
func (f *dryRunFlag) String() string { return strconv.FormatBool(bool(*f)) }

// Set parses a word, for pflag.
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

// Type returns a type whose values help does not show, for pflag.
func (f *dryRunFlag) Type() string { return "bool" }

func (f *dryRunFlag) addTo(cmd *cobra.Command) {
	cmd.Flags().Var(f, "dry-run", "write nothing and say what would be created, changed, kept and skipped, and why; -o is table, or yaml or json for the objects that would be written")
	cmd.Flags().Lookup("dry-run").NoOptDefVal = "true"
	flag.CompleteWords(cmd, "dry-run", "server")
}

// checkDryRun returns an error for flags that contradict each other.
func (o *createOptions) checkDryRun() error {
	if o.wait.Wait {
		return fmt.Errorf("--dry-run and --wait exclude each other: nothing is created that could be waited for")
	}
	return cmp.Or(preview.CheckFormat(o.output.Format), o.wait.Validate())
}

// previewAll predicts each restore. It does not create missing targets.
func (o *createOptions) previewAll(cmd *cobra.Command, f *factory.Factory, c client.Client, backup *v1alpha1.BaselineBackup, mappings []mapping) error {
	if err := resource.CheckRestorable(backup); err != nil {
		return err
	}
	var previews []*v1alpha1.BaselinePreview
	for _, m := range mappings {
		answer, err := preview.New(cmd, f, c, o.wait.Timeout).Request(cmd.Context(), v1alpha1.BaselinePreviewSpec{
			Namespace: m.target, Backup: o.backup, SourceNamespace: m.source, ExistingResources: o.policy.Value,
			RestoreSelection: o.selection.spec,
			Objects:          preview.WantsObjects(o.output.Format),
		})
		if err != nil {
			return err
		}
		previews = append(previews, answer)
	}
	return preview.Print(cmd, o.output.Format, previews)
}
