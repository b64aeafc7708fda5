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
func newDescribeCommand(t *tool, k *kind, details string) *cobra.Command {
	o := &describeOptions{}
	cmd := &cobra.Command{
		Use:               "describe [NAME...]",
		Short:             "Describe " + k.plurals(),
		Example:           t.examples(k.noun+" describe "+k.example, k.noun+" describe "+k.example+" --details"),
		ValidArgsFunction: completeNames(t, k),
		RunE:              func(cmd *cobra.Command, names []string) error { return o.run(cmd, t, k, names) },
	}
	cmd.Flags().StringVarP(&o.selector, "selector", "l", "", "only those whose labels match `SELECTOR`, for example team=a")
	cmd.Flags().BoolVar(&o.details, "details", false, details)
	return cmd
}

func (o *describeOptions) run(cmd *cobra.Command, t *tool, k *kind, names []string) error {
	if len(names) > 0 && o.selector != "" {
		return fmt.Errorf("--selector goes without names: it chooses them")
	}
	c, objects, err := t.resolveArgs(cmd, k, names, o.selector)
	if err != nil || len(objects) == 0 {
		return err
	}
	texts := make([]string, len(objects))
	for i, obj := range objects {
		if texts[i], err = k.kindOf(obj).describe(cmd.Context(), c, obj, o.details); err != nil {
			return err
		}
	}
	say(cmd.OutOrStdout(), "%s", strings.Join(texts, "\n\n"))
	return nil
}
