package cli

import (
	"cmp"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

var restoreColumns = []metav1.TableColumnDefinition{
	column("Name"), column("Backup"), column("Baseline"), column("Status"), column("Started"), column("Completed"),
	column("Errors"), column("Warnings"), column("Created"), wideColumn("Source"), wideColumn("Items"), wideColumn("Attempts"),
	wideColumn("Digest"),
}

func restoreRow(restore *v1alpha1.BaselineRestore, _ time.Time) []any {
	status := &restore.Status
	return []any{
		restore.Name,
		orNone(restoredBackup(restore)),
		orNone(restore.Spec.Baseline),
		phase(status.Conditions),
		timestamp(status.StartTimestamp),
		timestamp(status.CompletionTimestamp),
		status.Counts.Failed,
		status.WarningCount,
		timestamp(&restore.CreationTimestamp),
		orNone(restoredNamespace(restore)),
		itemsToRestore(&status.Counts),
		status.Attempts,
		orNone(status.Digest),
	}
}

// restoredBackup is the backup that was restored, or is to be.
func restoredBackup(restore *v1alpha1.BaselineRestore) string {
	return cmp.Or(restore.Status.Backup, restore.Spec.Backup)
}

// restoredNamespace is the source namespace, where it is known.
func restoredNamespace(restore *v1alpha1.BaselineRestore) string {
	return cmp.Or(restore.Status.SourceNamespace, restore.Spec.SourceNamespace)
}
