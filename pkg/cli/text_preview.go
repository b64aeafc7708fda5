package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/printers"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// writePreview says what a restore would do, for people: of what, object by object, in all, and what to look at.
func writePreview(out io.Writer, preview *v1alpha1.BaselinePreview) error {
	status := &preview.Status
	say(out, "%s", printable(previewTitle(preview))+"\n\n")
	for _, copied := range []struct {
		what   string
		values map[string]string
	}{{"label", status.Labels}, {"annotation", status.Annotations}} {
		for _, pair := range pairs(copied.values) {
			say(out, "%s\n", printable(fmt.Sprintf("Namespace %s would get the %s %s", preview.Spec.Namespace, copied.what, pair)))
		}
	}
	if status.MetadataOmitted > 0 {
		say(out, "and %d more labels and annotations\n", status.MetadataOmitted)
	}
	if len(status.Labels)+len(status.Annotations) > 0 {
		say(out, "\n")
	}
	if len(status.Items) > 0 {
		if err := writePreviewItems(out, status.Items); err != nil {
			return err
		}
		if status.ItemsOmitted > 0 {
			say(out, "and %d more, of the least noteworthy results\n", status.ItemsOmitted)
		}
		say(out, "\n")
	}
	say(out, "%s\n", previewTotals(&status.Counts))
	if warnings := untoldWarnings(status); len(warnings) > 0 {
		text := newText()
		text.list("Warnings", warnings)
		say(out, "\n%s", text.String())
		if omitted := int(status.WarningCount) - len(status.Warnings); omitted > 0 {
			say(out, "  and %d more\n", omitted)
		}
	}
	return nil
}

func previewTitle(preview *v1alpha1.BaselinePreview) string {
	spec, status := &preview.Spec, &preview.Status
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
	table := &metav1.Table{ColumnDefinitions: []metav1.TableColumnDefinition{column("Resource"), column("Result"), column("Why")}}
	for _, item := range items {
		cells := []any{oneLine(item.Object), prediction(item.Result), oneLine(item.Reason)}
		table.Rows = append(table.Rows, metav1.TableRow{Cells: cells})
	}
	if err := printers.NewTablePrinter(printers.PrintOptions{}).PrintObj(table, out); err != nil {
		return fmt.Errorf("print the preview: %w", err)
	}
	return nil
}

// predictions are the words for results that have not happened.
var predictions = map[v1alpha1.Result]string{
	v1alpha1.ResultCreated: "Create", v1alpha1.ResultUpdated: "Update", v1alpha1.ResultUnchanged: "Unchanged",
	v1alpha1.ResultKept: "Keep", v1alpha1.ResultSkipped: "Skip", v1alpha1.ResultFailed: "Fail",
}

// prediction returns the word for a result; what a later release says is printed as it is.
func prediction(result v1alpha1.Result) string {
	if word, known := predictions[result]; known {
		return word
	}
	return oneLine(string(result))
}

// previewTotals leaves out what there is none of.
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

// untoldWarnings are those that the table does not say.
func untoldWarnings(status *v1alpha1.BaselinePreviewStatus) []string {
	told := map[string]bool{}
	for _, item := range status.Items {
		told[item.Object+": "+item.Reason] = true
		told[item.Object+": not restored: "+item.Reason] = true
	}
	return slices.DeleteFunc(slices.Clone(status.Warnings), func(warning string) bool { return told[strings.TrimSpace(warning)] })
}
