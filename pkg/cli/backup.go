package cli

import (
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
}

// newBackupCommand holds what can be done with backups.
func newBackupCommand(t *tool) *cobra.Command {
	return group(&cobra.Command{
		Use:     "backup",
		Aliases: []string{"backups"},
		Short:   "Take and look at backups of namespaces",
	},
		newBackupCreateCommand(t),
		newGetCommand(t, backupKind),
		newDescribeCommand(t, backupKind, "show how many objects of each resource it holds, too"),
		newDeleteCommand(t, backupKind),
	)
}
