package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// describeOptions are the flags of describe.
type describeOptions struct {
	selector string
	details  bool
}

// newDescribeCommand returns the command that prints objects of k in full.
func newDescribeCommand(t *tool, v *view, details string) *cobra.Command {
	o := &describeOptions{}
	cmd := &cobra.Command{
		Use:               "describe [NAME...]",
		Short:             "Describe " + v.plurals(),
		Example:           t.examples(v.noun+" describe "+v.example, v.noun+" describe "+v.example+" --details"),
		ValidArgsFunction: completeNames(t, v.descriptor),
		RunE:              func(cmd *cobra.Command, names []string) error { return o.run(cmd, t, v, names) },
	}
	cmd.Flags().StringVarP(&o.selector, "selector", "l", "", "only those whose labels match `SELECTOR`, for example team=a")
	cmd.Flags().BoolVar(&o.details, "details", false, details)
	return cmd
}

func (o *describeOptions) run(cmd *cobra.Command, t *tool, v *view, names []string) error {
	if len(names) > 0 && o.selector != "" {
		return fmt.Errorf("--selector goes without names: it chooses them")
	}
	c, objects, err := resolveArgs(cmd, t, v.descriptor, names, o.selector)
	if err != nil || len(objects) == 0 {
		return err
	}
	texts := make([]string, len(objects))
	for i, obj := range objects {
		if texts[i], err = v.describe(cmd.Context(), c, obj, o.details); err != nil {
			return err
		}
	}
	say(cmd.OutOrStdout(), "%s", strings.Join(texts, "\n\n"))
	return nil
}
