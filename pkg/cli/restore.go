package cli

import (
	"fmt"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// restoreKind is BaselineRestore as the verbs see it: a restore by hand. Records are its companion.
var restoreKind = &kind{
	noun:       "restore",
	example:    "bar-svc -n bar",
	namespaced: true,
	resource:   "baselinerestores",
	companion:  recordKind,
	newObject:  func() client.Object { return &v1alpha1.BaselineRestore{} },
	newList:    func() client.ObjectList { return &v1alpha1.BaselineRestoreList{} },
	columns:    restoreColumns,
	row:        rowOf(restoreRow),
	describe:   textOf(restoreText),
	deleted:    deletedOf(func(*v1alpha1.BaselineRestore) string { return "What it restored stays." }),
}

// recordKind is BaselineRecord as the verbs see it: the restore of a baseline, shown among the restores.
var recordKind = &kind{
	noun:       "record",
	example:    "web -n bar",
	namespaced: true,
	resource:   "baselinerecords",
	newObject:  func() client.Object { return &v1alpha1.BaselineRecord{} },
	newList:    func() client.ObjectList { return &v1alpha1.BaselineRecordList{} },
	columns:    restoreColumns,
	row:        rowOf(recordRow),
	describe:   textOf(recordText),
	deleted: deletedOf(func(record *v1alpha1.BaselineRecord) string {
		return fmt.Sprintf("It is the record of baseline %q, which is restored into namespace %q once more.", record.Name, record.Namespace)
	}),
}

// namespaceKind is for looking namespaces up; no verb is about it.
var namespaceKind = &kind{
	noun:      "namespace",
	newObject: func() client.Object { return &corev1.Namespace{} },
	newList:   func() client.ObjectList { return &corev1.NamespaceList{} },
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
		newGetCommand(t, restoreKind),
		newRestoreDescribeCommand(t),
		newDeleteCommand(t, restoreKind),
	)
}

func newRestoreDescribeCommand(t *tool) *cobra.Command {
	return newDescribeCommand(t, restoreKind, "show what became of every object, too")
}
