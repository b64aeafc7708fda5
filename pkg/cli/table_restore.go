package cli

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var restoreColumns = []metav1.TableColumnDefinition{
	column("Name"), column("Backup"), column("Baseline"), column("Status"), column("Started"), column("Completed"),
	column("Errors"), column("Warnings"), column("Created"), wideColumn("Source"), wideColumn("Items"), wideColumn("Attempts"),
	wideColumn("Digest"),
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
