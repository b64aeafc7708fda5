package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// restoreView is how get, describe and delete show restores by hand and records.
var restoreView = &view{
	descriptor: restoreKind,
	example:    "bar-svc -n bar",
	columns:    restoreColumns,
	row:        func(obj client.Object, _ time.Time) []any { return summaryRow(summarize(obj)) },
	describe: func(_ context.Context, _ client.Reader, obj client.Object, details bool) (string, error) {
		return summaryText(summarize(obj), details), nil
	},
	deleted: explainDeletion,
}

func explainDeletion(obj client.Object) string {
	if record, ok := obj.(*v1alpha1.BaselineRecord); ok {
		return fmt.Sprintf("It is the record of baseline %q, which is restored into namespace %q once more.", record.Name, record.Namespace)
	}
	return "What it restored stays."
}

// newRestoreCommand holds what can be done with restores.
func newRestoreCommand(t *tool) *cobra.Command {
	return group(&cobra.Command{
		Use:         "restore",
		Aliases:     []string{"restores"},
		Short:       "Restore a backup into a namespace by hand, and see what was restored",
		Annotations: map[string]string{adviceOnChange: "a restore never changes: create another one"},
	},
		newRestoreCreateCommand(t),
		newGetCommand(t, restoreView),
		newDescribeCommand(t, restoreView, "show what became of every object, too"),
		newDeleteCommand(t, restoreView),
	)
}
