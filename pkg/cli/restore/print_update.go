package restore

import (
	"fmt"
	"slices"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/output"
)

// printUpdate prints the last update of a record: its revisions, counts, kept and failed objects with their reasons, and with
// details every object that it lists.
func printUpdate(t *output.Text, summary *summary, details bool) {
	update := summary.update
	t.Heading("Update")
	t.Field("  Phase", string(update.Phase))
	t.Field("  From", "backup "+output.OrNone(update.From.Backup))
	t.Field("  To", "backup "+output.OrNone(summary.backup))
	t.Field("  Started", output.FormatTime(update.StartTimestamp))
	t.Field("  Completed", output.FormatTime(update.CompletionTimestamp))
	t.Field("  Attempts", fmt.Sprint(update.Attempts))
	t.Field("  Updated", fmt.Sprint(update.Counts.Updated))
	t.Field("  Created", fmt.Sprint(update.Counts.Created))
	t.Field("  Deleted", fmt.Sprint(update.Counts.Deleted))
	t.Field("  Kept", fmt.Sprint(update.Counts.Kept))
	t.Field("  Failed", fmt.Sprint(update.Counts.Failed))
	if update.BaseMissing {
		t.Field("  Earlier content", "is gone: objects that anybody but Seedbed has changed are kept")
	}
	t.EmptyLine()
	t.ListField("Still to be updated", pendingLines(update.Pending, int(update.OmittedPending), details))
	t.EmptyLine()
	t.ListField("Objects of the update", updatedObjects(update, details))
	t.EmptyLine()
	t.ListField("Errors of the update", output.AppendMore(update.Errors, int(update.ErrorCount)))
}

// runLines returns a line for each run, the newest first.
func runLines(runs []v1alpha1.RecordedRun) []string {
	var lines []string
	for _, run := range slices.Backward(runs) {
		counts := run.Counts
		lines = append(lines, fmt.Sprintf("%s: %s of backup %s: %s: %d created, %d updated, %d deleted, %d kept, %d failed", output.FormatTime(run.CompletionTimestamp),
			run.Cause, output.OrNone(run.Backup), run.Phase, counts.Created, counts.Updated, counts.Deleted, counts.Kept, counts.Failed))
	}
	return lines
}

// updatedObjects returns a line for each object that was kept or failed, and with details for all that differ.
func updatedObjects(update *v1alpha1.RestoreUpdate, details bool) []string {
	var lines []string
	for _, object := range update.Objects {
		if details || object.Result == v1alpha1.ResultKept || object.Result == v1alpha1.ResultFailed {
			lines = append(lines, objectLine(object.Object, object))
		}
	}
	if more := len(update.Objects) - len(lines); more > 0 {
		return append(lines, fmt.Sprintf("and %d more (--details names them)", more+int(update.OmittedObjects)))
	}
	return output.AppendMore(lines, len(lines)+int(update.OmittedObjects))
}
