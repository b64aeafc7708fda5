package restore

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// view defines how get, describe and delete show restores by hand and records.
var view = &resource.View{
	Descriptor: resource.Restore,
	Example:    "bar-svc -n bar",
	Columns:    tableColumns,
	Row:        func(obj client.Object, _ time.Time) []any { return tableRow(summarizeObject(obj)) },
	Describe: func(_ context.Context, _ client.Reader, obj client.Object, details bool) (string, error) {
		return describeText(summarizeObject(obj), details), nil
	},
	Deleted: explainDeletion,
}

func explainDeletion(obj client.Object) string {
	if record, ok := obj.(*v1alpha1.BaselineRecord); ok {
		return fmt.Sprintf("It is the record of baseline %q, which is restored into namespace %q once more.", record.Name, record.Namespace)
	}
	return "What it restored stays."
}

// NewCommand returns the commands of restores.
func NewCommand(f *factory.Factory) *cobra.Command {
	return factory.NewGroup(&cobra.Command{
		Use:         "restore",
		Aliases:     []string{"restores"},
		Short:       "Restore a backup into a namespace by hand, and see what was restored",
		Annotations: map[string]string{factory.AdviceOnChange: "a restore never changes: create another one"},
	},
		newCreateCommand(f),
		resource.NewGetCommand(f, view),
		resource.NewDescribeCommand(f, view, "show what became of every object, too"),
		resource.NewDeleteCommand(f, view),
	)
}
