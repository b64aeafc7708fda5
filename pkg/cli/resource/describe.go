package resource

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/output"
)

// describeOptions are the flags of describe.
type describeOptions struct {
	selector string
	details  bool
}

// NewDescribeCommand returns the command that describes objects. details is the usage of --details.
func NewDescribeCommand(f *factory.Factory, v *View, details string) *cobra.Command {
	o := &describeOptions{}
	cmd := &cobra.Command{
		Use:               "describe [NAME...]",
		Short:             "Describe " + v.pluralWithCompanion(),
		Example:           f.FormatExamples(v.Noun+" describe "+v.Example, v.Noun+" describe "+v.Example+" --details"),
		ValidArgsFunction: CompleteNames(f, v.Descriptor),
		RunE:              func(cmd *cobra.Command, names []string) error { return o.runDescribe(cmd, f, v, names) },
	}
	cmd.Flags().StringVarP(&o.selector, "selector", "l", "", "only those whose labels match `SELECTOR`, for example team=a")
	cmd.Flags().BoolVar(&o.details, "details", false, details)
	return cmd
}

func (o *describeOptions) runDescribe(cmd *cobra.Command, f *factory.Factory, v *View, names []string) error {
	if len(names) > 0 && o.selector != "" {
		return fmt.Errorf("--selector goes without names: it chooses them")
	}
	c, objects, err := ResolveArgs(cmd, f, v.Descriptor, names, o.selector)
	if err != nil || len(objects) == 0 {
		return err
	}
	texts := make([]string, len(objects))
	for i, obj := range objects {
		if texts[i], err = v.Describe(cmd.Context(), c, obj, o.details); err != nil {
			return err
		}
	}
	output.Fprintf(cmd.OutOrStdout(), "%s", strings.Join(texts, "\n\n"))
	return nil
}
