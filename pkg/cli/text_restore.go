package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// maxPending bounds the objects still to be done that are listed without details.
const maxPending = 10

// summaryText describes a restore by hand or a record in Velero's sections; details adds the result of each object.
func summaryText(summary *restoreSummary, details bool) string {
	t := newText()
	result := summary.result
	t.metadata(summary.meta, true)
	t.gap()
	printPhase(t, summary)
	t.gap()
	t.field("Started", timestamp(result.StartTimestamp))
	t.field("Completed", timestamp(result.CompletionTimestamp))
	t.field("Attempts", fmt.Sprint(result.Attempts))
	t.gap()
	printOrigin(t, summary)
	t.gap()
	printCounts(t, &result.Counts)
	t.gap()
	t.list("Still to be done", pendingLines(result, details))
	t.gap()
	t.problems(result.Warnings, int(result.WarningCount), result.Errors, int(result.ErrorCount))
	if details {
		t.gap()
		printObjects(t, result)
	}
	return t.String()
}

func printPhase(t *text, summary *restoreSummary) {
	t.phase(summary.phase, summary.message, summary.result.Errors)
	counts := &summary.result.Counts
	t.field("Total items to be restored", fmt.Sprint(itemsToRestore(counts)))
	t.field("Items restored", fmt.Sprint(restoredItems(counts)))
	if summary.result.GuardsPending {
		t.field("Guards of pods", "some are still to be done")
	}
}

// itemsToRestore returns how many items no rule leaves out.
func itemsToRestore(counts *v1alpha1.RestoreCounts) int32 {
	return counts.Total - counts.Skipped
}

// restoredItems returns how many items are as in the backup now.
func restoredItems(counts *v1alpha1.RestoreCounts) int32 {
	return counts.Created + counts.Updated + counts.Unchanged
}

func printOrigin(t *text, summary *restoreSummary) {
	t.field("Backup", orNone(summary.backup))
	t.field("Baseline", orNone(summary.baseline))
	t.field("Digest", orNone(summary.result.Digest))
	t.gap()
	source := cmp.Or(summary.source, "the one that the backup holds")
	t.field("Namespace mappings", source+" -> "+summary.meta.Namespace)
	t.gap()
	printSelection(t, summary.selection)
	t.field("Existing Resource Policy", summary.policy)
}

// printSelection prints the part of the backup that a restore by hand is about; nothing for a record, which is about all of it.
func printSelection(t *text, selection *v1alpha1.RestoreSelection) {
	if selection == nil {
		return
	}
	t.heading("Resources")
	t.field("  Included", joined(selection.IncludedResources, "*"))
	t.field("  Excluded", joined(selection.ExcludedResources, none))
	t.gap()
	t.field("Label selector", selectorText(selection.LabelSelector))
	t.gap()
}

func printCounts(t *text, counts *v1alpha1.RestoreCounts) {
	t.heading("Items")
	t.field("  Created", fmt.Sprint(counts.Created))
	t.field("  Updated", fmt.Sprint(counts.Updated))
	t.field("  Unchanged", fmt.Sprint(counts.Unchanged))
	t.field("  Kept", fmt.Sprint(counts.Kept))
	t.field("  Skipped", fmt.Sprint(counts.Skipped))
	t.field("  Failed", fmt.Sprint(counts.Failed))
}

// pendingLines returns the objects still to be done; without details the first of them. The result may count more than it
// lists.
func pendingLines(result *v1alpha1.RestoreResult, details bool) []string {
	count := len(result.Pending) + int(result.OmittedPending)
	if more := len(result.Pending) - maxPending; !details && more > 0 && result.OmittedPending == 0 {
		return append(slices.Clone(result.Pending[:maxPending]), fmt.Sprintf("and %d more (--details names them)", more))
	}
	return appendMore(result.Pending, count)
}

// printObjects lists the result of each object, resource by resource.
func printObjects(t *text, result *v1alpha1.RestoreResult) {
	if len(result.Objects) == 0 {
		t.list("Resource List", appendMore(nil, int(result.OmittedObjects)))
		return
	}
	t.heading("Resource List")
	var current string
	for i, object := range slices.SortedStableFunc(slices.Values(result.Objects), compareObjects) {
		resource, name := object.Split()
		if i == 0 || resource != current {
			t.heading("  " + printable(resource))
			current = resource
		}
		t.item(4, objectLine(name, object))
	}
	if result.OmittedObjects > 0 {
		t.item(2, fmt.Sprintf("and %d more", result.OmittedObjects))
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
