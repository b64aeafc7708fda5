package cli

import (
	"context"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// baselineView is how get, describe and delete show baselines.
var baselineView = &view{
	descriptor: baselineKind,
	example:    "web",
	columns:    baselineColumns,
	row:        baselineRow,
	describe:   describeBaseline,
	deleted: func(client.Object) string {
		return "No namespace gets it from now on. Those that hold it keep their objects."
	},
}

// newBaselineCommand holds what can be done with baselines.
func newBaselineCommand(t *tool) *cobra.Command {
	return group(&cobra.Command{
		Use:     "baseline",
		Aliases: []string{"baselines"},
		Short:   "Say which new namespaces are filled from which backup",
		Annotations: map[string]string{adviceOnChange: "change one with `kubectl edit baseline NAME`, or for example with " +
			"`kubectl patch baseline NAME --type merge -p '{\"spec\":{\"backup\":\"BACKUP\"}}'`"},
	},
		newBaselineCreateCommand(t),
		newBaselinePreviewCommand(t),
		newBaselineAdoptCommand(t),
		newBaselineAllowCommand(t),
		newBaselineAuthorizeCommand(t),
		newBaselineDenyCommand(t),
		newBaselineGetCommand(t),
		newDescribeCommand(t, baselineView, "name every namespace that holds it"),
		newDeleteCommand(t, baselineView),
		newBaselineWhoCanCommand(t),
	)
}

func describeBaseline(ctx context.Context, c client.Reader, obj client.Object, details bool) (string, error) {
	baseline := obj.(*v1alpha1.Baseline)
	held, err := findHolders(ctx, c, baseline.Name)
	if err != nil {
		return "", err
	}
	return baselineText(baseline, held, details), nil
}

// findHolders returns the records of a baseline. They bear its name, so the API server selects them.
func findHolders(ctx context.Context, c client.Reader, name string) (holders, error) {
	objects, err := listAll(ctx, c, recordKind, client.MatchingFields{"metadata.name": name})
	if apierrors.IsForbidden(err) {
		return holders{unknown: "you may not list baselinerecords of all namespaces"}, nil
	}
	if err != nil {
		return holders{}, explain("list the namespaces that hold the baseline", err)
	}
	var held holders
	for _, obj := range objects {
		held.records = append(held.records, obj.(*v1alpha1.BaselineRecord))
	}
	return held, nil
}
