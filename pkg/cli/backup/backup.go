package backup

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// view defines how get, describe and delete show backups.
var view = &resource.View{
	Descriptor: resource.Backup,
	Example:    "foo-svc",
	Columns:    tableColumns,
	Row:        func(obj client.Object, now time.Time) []any { return tableRow(obj.(*v1alpha1.BaselineBackup), now) },
	Describe: func(_ context.Context, _ client.Reader, obj client.Object, details bool) (string, error) {
		return describeBackup(obj.(*v1alpha1.BaselineBackup), details), nil
	},
	Deleted: func(client.Object) string {
		return "It will be gone after its stored content has been removed. What was restored from it stays."
	},
	UsedBy: listUsers,
	Force: &resource.Force{
		Annotation: v1alpha1.AnnotationDeleteHeld,
		Usage:      "delete it although namespaces hold it: they cannot be restored from it again, and there is no way back to it",
		Consequences: "Namespaces that hold it keep their objects, but can no longer be restored again from it, and no baseline can be set back to it: " +
			"its content is lost.",
	},
}

// NewCommand returns the commands of backups.
func NewCommand(f *factory.Factory) *cobra.Command {
	return factory.NewGroup(&cobra.Command{
		Use:         "backup",
		Aliases:     []string{"backups"},
		Short:       "Take and look at backups of namespaces",
		Annotations: map[string]string{factory.AdviceOnChange: "a backup never changes: create another one"},
	},
		newCreateCommand(f),
		resource.NewGetCommand(f, view),
		resource.NewDescribeCommand(f, view, "show how many objects of each resource it holds, too"),
		resource.NewDeleteCommand(f, view),
	)
}

// listUsers returns the names of the baselines that use a backup, now or in their history. Admission counts the former, and names
// none of them in its denials.
func listUsers(ctx context.Context, c client.Reader, backup client.Object) []string {
	baselines, err := resource.List(ctx, c, resource.Baseline)
	if err != nil {
		return nil // the error needs no names
	}
	var names []string
	for _, baseline := range baselines {
		if baseline.(*v1alpha1.Baseline).UsesBackup(backup.GetName()) {
			names = append(names, baseline.GetName())
		}
	}
	return names
}
