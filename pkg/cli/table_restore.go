package cli

import (
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
	return summaryRow(summarizeRestore(restore))
}

func recordRow(record *v1alpha1.BaselineRecord, _ time.Time) []any {
	return summaryRow(summarizeRecord(record))
}

// summaryRow returns the cells of restoreColumns.
func summaryRow(summary *restoreSummary) []any {
	result := summary.result
	return []any{
		summary.meta.Name,
		orNone(summary.backup),
		orNone(summary.baseline),
		summary.phase,
		timestamp(result.StartTimestamp),
		timestamp(result.CompletionTimestamp),
		result.ErrorCount,
		result.WarningCount,
		timestamp(&summary.meta.CreationTimestamp),
		orNone(summary.source),
		itemsToRestore(&result.Counts),
		result.Attempts,
		orNone(result.Digest),
	}
}
