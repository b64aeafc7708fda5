package baseline

import (
	"context"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/resource"
	"seedbed.dev/seedbed/pkg/cli/rollout"
)

// view defines how get, describe and delete show baselines.
var view = &resource.View{
	Descriptor: resource.Baseline,
	Example:    "web",
	Columns:    tableColumns,
	Row:        tableRow,
	Describe:   describeBaseline,
	Deleted: func(client.Object) string {
		return "No namespace gets it from now on. Those that hold it keep their objects."
	},
}

// NewCommand returns the commands of baselines.
func NewCommand(f *factory.Factory) *cobra.Command {
	return factory.NewGroup(&cobra.Command{
		Use:     "baseline",
		Aliases: []string{"baselines"},
		Short:   "Say which new namespaces are filled from which backup",
		Annotations: map[string]string{factory.AdviceOnChange: "change its backup with `" + f.Program + " baseline set NAME --backup BACKUP`, and " +
			"anything else with `kubectl edit baseline NAME`"},
	},
		newCreateCommand(f),
		newPreviewCommand(f),
		newAdoptCommand(f),
		newAllowCommand(f),
		newAuditCommand(f),
		newAuthorizeCommand(f),
		newDenyCommand(f),
		newGetCommand(f),
		resource.NewDescribeCommand(f, view, "name every namespace that holds it"),
		resource.NewDeleteCommand(f, view),
		rollout.NewCommand(f),
		rollout.NewSetCommand(f),
		newWhoCanCommand(f),
	)
}

func describeBaseline(ctx context.Context, c client.Reader, obj client.Object, details bool) (string, error) {
	baseline := obj.(*v1alpha1.Baseline)
	held, err := resource.FindHolders(ctx, c, baseline.Name)
	if err != nil {
		return "", err
	}
	return describeText(baseline, held, details), nil
}

// readAgain returns the function that replaces a baseline by its present version.
func readAgain(c client.Reader, current **v1alpha1.Baseline) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		read := &v1alpha1.Baseline{} // a new one, because decoding keeps the fields that an answer lacks
		err := c.Get(ctx, client.ObjectKeyFromObject(*current), read)
		if err == nil {
			*current = read
		}
		return err
	}
}
