package restore

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/output"
)

var tableColumns = slices.Concat(
	output.NewColumns(0, "Name", "Backup", "Baseline", "Status", "Started", "Completed", "Errors", "Warnings", "Created"),
	output.NewColumns(1, "Source", "Items", "Attempts", "Digest"),
)

// tableRow returns the cells of tableColumns.
func tableRow(summary *summary) []any {
	result := summary.result
	return []any{
		summary.meta.Name, output.OrNone(summary.backup), output.OrNone(summary.baseline), summary.phase, output.FormatTime(result.StartTimestamp),
		output.FormatTime(result.CompletionTimestamp), result.ErrorCount, result.WarningCount, output.FormatTime(&summary.meta.CreationTimestamp),
		output.OrNone(summary.source), itemsToRestore(&result.Counts), result.Attempts, output.OrNone(summary.digest),
	}
}

// maxPending bounds the pending objects that are listed without details.
const maxPending = 10

// describeText describes a restore by hand or a record in Velero's sections; details adds the result of each object.
func describeText(summary *summary, details bool) string {
	t := output.NewText()
	result := summary.result
	t.MetadataFields(summary.meta, true)
	t.EmptyLine()
	printPhase(t, summary)
	t.EmptyLine()
	t.Field("Started", output.FormatTime(result.StartTimestamp))
	t.Field("Completed", output.FormatTime(result.CompletionTimestamp))
	t.Field("Attempts", fmt.Sprint(result.Attempts))
	t.EmptyLine()
	printOrigin(t, summary)
	t.EmptyLine()
	printCounts(t, &result.Counts)
	t.EmptyLine()
	t.ListField("Still to be done", pendingLines(result.Pending, int(result.OmittedPending), details))
	t.EmptyLine()
	t.ProblemFields(result.Warnings, int(result.WarningCount), result.Errors, int(result.ErrorCount))
	if summary.update != nil {
		t.EmptyLine()
		printUpdate(t, summary, details)
	}
	if len(summary.drift) > 0 {
		t.EmptyLine()
		t.ListField("Drift", summary.drift)
	}
	if len(summary.runs) > 0 {
		t.EmptyLine()
		t.ListField("Earlier runs", runLines(summary.runs))
	}
	if details {
		t.EmptyLine()
		printObjects(t, result)
	}
	return t.String()
}

func printPhase(t *output.Text, summary *summary) {
	t.PhaseFields(summary.phase, summary.message, summary.result.Errors)
	counts := &summary.result.Counts
	t.Field("Total items to be restored", fmt.Sprint(itemsToRestore(counts)))
	t.Field("Items restored", fmt.Sprint(restoredItems(counts)))
	if summary.result.GuardsPending {
		t.Field("Guards of pods", "some are still to be done")
	}
}

// itemsToRestore returns the number of items that no rule leaves out.
func itemsToRestore(counts *v1alpha1.RestoreCounts) int32 {
	return counts.Total - counts.Skipped
}

// restoredItems returns the number of items that equal the backup's.
func restoredItems(counts *v1alpha1.RestoreCounts) int32 {
	return counts.Created + counts.Updated + counts.Unchanged
}

func printOrigin(t *output.Text, summary *summary) {
	t.Field("Backup", output.OrNone(summary.backup))
	t.Field("Baseline", output.OrNone(summary.baseline))
	t.Field("Digest", output.OrNone(summary.digest))
	t.EmptyLine()
	source := cmp.Or(summary.source, "the one that the backup holds")
	t.Field("Namespace mappings", source+" -> "+summary.meta.Namespace)
	t.EmptyLine()
	printSelection(t, summary.selection)
	t.Field("Existing Resource Policy", summary.policy)
}

// printSelection prints the selected part of the backup; nothing for a record, which covers all of it.
func printSelection(t *output.Text, selection *v1alpha1.RestoreSelection) {
	if selection == nil {
		return
	}
	t.Heading("Resources")
	t.Field("  Included", output.JoinOr(selection.IncludedResources, "*"))
	t.Field("  Excluded", output.JoinOr(selection.ExcludedResources, output.None))
	t.EmptyLine()
	t.Field("Label selector", output.FormatSelector(selection.LabelSelector))
	t.EmptyLine()
}

func printCounts(t *output.Text, counts *v1alpha1.RestoreCounts) {
	t.Heading("Items")
	t.Field("  Created", fmt.Sprint(counts.Created))
	t.Field("  Updated", fmt.Sprint(counts.Updated))
	t.Field("  Unchanged", fmt.Sprint(counts.Unchanged))
	t.Field("  Kept", fmt.Sprint(counts.Kept))
	t.Field("  Skipped", fmt.Sprint(counts.Skipped))
	t.Field("  Failed", fmt.Sprint(counts.Failed))
}

// pendingLines returns the pending objects; without details the first of them. omitted counts those that are not listed.
func pendingLines(pending []string, omitted int, details bool) []string {
	if more := len(pending) - maxPending; !details && more > 0 && omitted == 0 {
		return append(slices.Clone(pending[:maxPending]), fmt.Sprintf("and %d more (--details names them)", more))
	}
	return output.AppendMore(pending, len(pending)+omitted)
}

// printObjects prints the result of each object, resource by resource.
func printObjects(t *output.Text, result *v1alpha1.RestoreResult) {
	if len(result.Objects) == 0 {
		t.ListField("Resource List", output.AppendMore(nil, int(result.OmittedObjects)))
		return
	}
	t.Heading("Resource List")
	var current string
	for i, object := range slices.SortedStableFunc(slices.Values(result.Objects), compareObjects) {
		resource, name := object.Split()
		if i == 0 || resource != current {
			t.Heading("  " + output.EscapeControls(resource))
			current = resource
		}
		t.Line(4, objectLine(name, object))
	}
	if result.OmittedObjects > 0 {
		t.Line(2, fmt.Sprintf("and %d more", result.OmittedObjects))
	}
}

// objectLine returns a line such as "web: Kept (was already there and differs)".
func objectLine(name string, object v1alpha1.ObjectResult) string {
	line := name + ": " + string(object.Result)
	if object.Reason != "" {
		line += " (" + object.Reason + ")"
	}
	return line
}

// compareObjects orders results by resource and name.
func compareObjects(a, b v1alpha1.ObjectResult) int {
	resourceA, nameA := a.Split()
	resourceB, nameB := b.Split()
	return cmp.Or(strings.Compare(resourceA, resourceB), strings.Compare(nameA, nameB))
}
