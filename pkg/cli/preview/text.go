package preview

import (
	"fmt"
	"io"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/output"
)

// writePreview prints a preview for people: its title, the result of each object, the totals and the warnings.
func writePreview(out io.Writer, preview *v1alpha1.BaselinePreview) error {
	status := &preview.Status
	output.Fprintf(out, "%s", output.EscapeControls(previewTitle(preview))+"\n\n")
	for _, copied := range []struct {
		what   string
		values map[string]string
	}{{"label", status.Labels}, {"annotation", status.Annotations}} {
		for _, pair := range output.JoinPairs(copied.values) {
			output.Fprintf(out, "%s\n", output.EscapeControls(fmt.Sprintf("Namespace %s would get the %s %s", preview.Spec.Namespace, copied.what, pair)))
		}
	}
	if status.MetadataOmitted > 0 {
		output.Fprintf(out, "and %d more labels and annotations\n", status.MetadataOmitted)
	}
	if len(status.Labels)+len(status.Annotations) > 0 {
		output.Fprintf(out, "\n")
	}
	if len(status.Items) > 0 {
		if err := writePreviewItems(out, status.Items); err != nil {
			return err
		}
		if status.ItemsOmitted > 0 {
			output.Fprintf(out, "and %d more, of the least noteworthy results\n", status.ItemsOmitted)
		}
		output.Fprintf(out, "\n")
	}
	output.Fprintf(out, "%s\n", output.EscapeControls(previewSummary(status)))
	if warnings := filterWarnings(status); len(warnings) > 0 {
		text := output.NewText()
		text.ListField("Warnings", warnings)
		output.Fprintf(out, "\n%s", text.String())
		if omitted := int(status.WarningCount) - len(status.Warnings); omitted > 0 {
			output.Fprintf(out, "  and %d more\n", omitted)
		}
	}
	return nil
}

func previewTitle(preview *v1alpha1.BaselinePreview) string {
	spec, status := &preview.Spec, &preview.Status
	if status.FromBackup != "" {
		return fmt.Sprintf("Updating namespace %s, which holds baseline %s of backup %s, to namespace %s of backup %s would do this:",
			spec.Namespace, spec.Baseline, status.FromBackup, status.SourceNamespace, status.Backup)
	}
	what := fmt.Sprintf("namespace %s of backup %s", status.SourceNamespace, status.Backup)
	if spec.Baseline != "" {
		what = fmt.Sprintf("baseline %s (%s)", spec.Baseline, what)
	}
	where := "which does not exist yet"
	if status.NamespaceExists {
		where = "which exists"
	}
	return fmt.Sprintf("Restoring %s into namespace %s, %s, would do this:", what, spec.Namespace, where)
}

func writePreviewItems(out io.Writer, items []v1alpha1.ObjectResult) error {
	table := &metav1.Table{ColumnDefinitions: output.NewColumns(0, "Resource", "Result", "Why")}
	for _, item := range items {
		cells := []any{output.OneLine(item.Object), predictedResult(item.Result), output.OneLine(item.Reason)}
		table.Rows = append(table.Rows, metav1.TableRow{Cells: cells})
	}
	return printTable(out, table)
}

// predictedResults are the words for results that have not happened.
var predictedResults = map[v1alpha1.Result]string{
	v1alpha1.ResultCreated: "Create", v1alpha1.ResultUpdated: "Update", v1alpha1.ResultUnchanged: "Unchanged",
	v1alpha1.ResultDeleted: "Delete", v1alpha1.ResultKept: "Keep", v1alpha1.ResultSkipped: "Skip", v1alpha1.ResultFailed: "Fail",
}

// predictedResult returns the word for a result. An unknown result, of a later release, is printed unchanged.
func predictedResult(result v1alpha1.Result) string {
	if word, known := predictedResults[result]; known {
		return word
	}
	return output.OneLine(string(result))
}

// previewSummary returns the last line of a preview.
func previewSummary(status *v1alpha1.BaselinePreviewStatus) string {
	if status.FromBackup != "" {
		return updateTotals(status)
	}
	return previewTotals(&status.Counts)
}

// updateTotals returns the counts of an update, without those that are zero.
func updateTotals(status *v1alpha1.BaselinePreviewStatus) string {
	var parts []string
	for _, part := range []struct {
		count            int32
		singular, plural string
	}{
		{status.Counts.Updated, "changes", "change"}, {status.Counts.Created, "is created", "are created"},
		{status.Counts.Deleted, "is deleted", "are deleted"}, {status.Counts.Kept, "is kept", "are kept"}, {status.Counts.Failed, "would fail", "would fail"},
	} {
		if part.count == 0 {
			continue
		}
		verb, noun := part.plural, ""
		if part.count == 1 {
			verb = part.singular
		}
		if len(parts) == 0 {
			noun = " objects"
			if part.count == 1 {
				noun = " object"
			}
		}
		parts = append(parts, fmt.Sprintf("%d%s %s", part.count, noun, verb))
	}
	if len(parts) == 0 {
		parts = []string{"no object differs"}
	}
	return fmt.Sprintf("Update from %s to %s: %s. Nothing was written.", status.FromBackup, status.Backup, strings.Join(parts, ", "))
}

// previewTotals returns the counts, without those that are zero.
func previewTotals(counts *v1alpha1.RestoreCounts) string {
	if counts.Total == 0 {
		return "The backup holds nothing to restore. Nothing was written."
	}
	var parts []string
	for _, part := range []struct {
		count int32
		word  string
	}{
		{counts.Created, "to create"}, {counts.Updated, "to update"}, {counts.Unchanged, "unchanged"},
		{counts.Kept, "to keep"}, {counts.Skipped, "to skip"}, {counts.Failed, "would fail"},
	} {
		if part.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.count, part.word))
		}
	}
	objects := "objects"
	if counts.Total == 1 {
		objects = "object"
	}
	return fmt.Sprintf("Of %d %s: %s. Nothing was written.", counts.Total, objects, strings.Join(parts, ", "))
}

// filterWarnings returns the warnings that are not in the table.
func filterWarnings(status *v1alpha1.BaselinePreviewStatus) []string {
	told := map[string]bool{}
	for _, item := range status.Items {
		told[item.Object+": "+item.Reason] = true
		told[item.Object+": not restored: "+item.Reason] = true
	}
	return slices.DeleteFunc(slices.Clone(status.Warnings), func(warning string) bool { return told[strings.TrimSpace(warning)] })
}
