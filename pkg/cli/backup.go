package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// backupView is how get, describe and delete show backups.
var backupView = &view{
	descriptor: backupKind,
	example:    "foo-svc",
	columns:    backupColumns,
	row:        func(obj client.Object, now time.Time) []any { return backupRow(obj.(*v1alpha1.BaselineBackup), now) },
	describe: func(_ context.Context, _ client.Reader, obj client.Object, details bool) (string, error) {
		return backupText(obj.(*v1alpha1.BaselineBackup), details), nil
	},
	deleted: func(client.Object) string {
		return "It will be gone after its stored content has been removed. What was restored from it stays."
	},
	usedBy: baselinesOf,
}

// newBackupCommand holds what can be done with backups.
func newBackupCommand(t *tool) *cobra.Command {
	return group(&cobra.Command{
		Use:         "backup",
		Aliases:     []string{"backups"},
		Short:       "Take and look at backups of namespaces",
		Annotations: map[string]string{adviceOnChange: "a backup never changes: create another one"},
	},
		newBackupCreateCommand(t),
		newGetCommand(t, backupView),
		newDescribeCommand(t, backupView, "show how many objects of each resource it holds, too"),
		newDeleteCommand(t, backupView),
	)
}

// baselinesOf returns the names of the baselines that name a backup. Admission counts them, and names none to whoever asks.
func baselinesOf(ctx context.Context, c client.Reader, backup client.Object) []string {
	baselines, err := listAll(ctx, c, baselineKind)
	if err != nil {
		return nil // what the names explain stands without them
	}
	var names []string
	for _, baseline := range baselines {
		if baseline.(*v1alpha1.Baseline).Spec.Backup == backup.GetName() {
			names = append(names, baseline.GetName())
		}
	}
	return names
}
