package cli

import (
	"context"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// backupKind is BaselineBackup as the verbs see it.
var backupKind = &kind{
	noun:      "backup",
	example:   "foo-svc",
	newObject: func() client.Object { return &v1alpha1.BaselineBackup{} },
	newList:   func() client.ObjectList { return &v1alpha1.BaselineBackupList{} },
	columns:   backupColumns,
	row:       rowOf(backupRow),
	describe:  textOf(backupText),
	deleted: deletedOf(func(*v1alpha1.BaselineBackup) string {
		return "It will be gone after its stored content has been removed. What was restored from it stays."
	}),
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
		newGetCommand(t, backupKind),
		newBackupDescribeCommand(t),
		newDeleteCommand(t, backupKind),
	)
}

func newBackupDescribeCommand(t *tool) *cobra.Command {
	return newDescribeCommand(t, backupKind, "show how many objects of each resource it holds, too")
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
