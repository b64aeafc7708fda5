package preview

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/printers"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/output"
)

// PrintFleet prints the preview of a fleet: for people, or its numbers and findings as YAML or JSON.
func PrintFleet(cmd *cobra.Command, format string, preview *v1alpha1.BaselinePreview) error {
	if format != "" && format != flag.FormatTable {
		list := flag.ListOutput{Format: format}
		return list.Print(cmd.OutOrStdout(), "the preview", preview.Status.Fleet, nil)
	}
	return writeFleet(cmd.OutOrStdout(), preview)
}

// writeFleet prints the numbers, the results by object, and what would fail or be kept, with the reasons.
func writeFleet(out io.Writer, preview *v1alpha1.BaselinePreview) error {
	spec, fleet := &preview.Spec, preview.Status.Fleet
	if fleet.Namespaces == 0 {
		output.Fprintf(out, "Updating baseline %s to backup %s would change nothing: %s.\n", spec.Baseline, preview.Status.Backup, describeOthers(fleet))
		return nil
	}
	output.Fprintf(out, "Updating baseline %s to backup %s would reach %s:\n\n", spec.Baseline, preview.Status.Backup, countNamespaces(fleet.Namespaces))
	if err := printTable(out, objectsTable(fleet.Objects)); err != nil {
		return err
	}
	if fleet.ObjectsOmitted > 0 {
		output.Fprintf(out, "and %d more objects\n", fleet.ObjectsOmitted)
	}
	if len(fleet.Findings) > 0 {
		output.Fprintf(out, "\n")
		if err := printTable(out, findingsTable(fleet.Findings)); err != nil {
			return err
		}
		if fleet.FindingsOmitted > 0 {
			output.Fprintf(out, "and %d more\n", fleet.FindingsOmitted)
		}
	}
	output.Fprintf(out, "\n%s\n", strings.Join(fleetSummary(fleet), "\n"))
	return nil
}

// fleetSummary returns the last lines of a preview: what becomes of the namespaces, and how that is known.
func fleetSummary(fleet *v1alpha1.FleetPreviewStatus) []string {
	changes := "no namespace would fail"
	if fleet.FailedNamespaces > 0 {
		changes = countNamespaces(fleet.FailedNamespaces) + " would fail"
	}
	lines := []string{fmt.Sprintf("%s would keep something, %s; %s.", countNamespaces(fleet.KeptNamespaces), changes, describeOthers(fleet))}
	if alike := fleet.Namespaces - fleet.TriedNamespaces; alike > 0 {
		return append(lines, fmt.Sprintf("%d were tried by dry runs; the other %d are like them, as the metadata of their objects shows (--all tries each).", fleet.TriedNamespaces, alike))
	}
	return append(lines, fmt.Sprintf("All %d were tried by dry runs.", fleet.TriedNamespaces))
}

// describeOthers returns the numbers of namespaces that would not be updated.
func describeOthers(fleet *v1alpha1.FleetPreviewStatus) string {
	text := fmt.Sprintf("%s hold this content already", countNamespaces(fleet.CurrentNamespaces))
	if fleet.CurrentNamespaces == 1 {
		text = "1 namespace holds this content already"
	}
	if fleet.IncompleteNamespaces > 0 {
		text += fmt.Sprintf(", and %s of which the last restore or update is incomplete are left out", countNamespaces(fleet.IncompleteNamespaces))
	}
	return text
}

func countNamespaces(count int32) string {
	if count == 1 {
		return "1 namespace"
	}
	return fmt.Sprintf("%d namespaces", count)
}

// objectsTable has the numbers of namespaces by object and result.
func objectsTable(objects []v1alpha1.FleetPreviewObject) *metav1.Table {
	table := &metav1.Table{ColumnDefinitions: output.NewColumns(0, "Resource", "Update", "Create", "Delete", "Keep", "Fail", "Restarts pods")}
	for i := range objects {
		o := &objects[i]
		restarts := output.None
		if o.RestartsPods > 0 {
			restarts = fmt.Sprintf("in %d", o.RestartsPods)
		}
		table.Rows = append(table.Rows, metav1.TableRow{Cells: []any{output.OneLine(o.Object), o.Updated, o.Created, o.Deleted, o.Kept, o.Failed, restarts}})
	}
	return table
}

func findingsTable(findings []v1alpha1.FleetPreviewFinding) *metav1.Table {
	table := &metav1.Table{ColumnDefinitions: output.NewColumns(0, "Namespace", "Resource", "Result", "Why")}
	for _, finding := range findings {
		result := finding.Result
		cells := []any{output.OneLine(finding.Namespace), output.OneLine(result.Object), predictedResult(result.Result), output.OneLine(result.Reason)}
		table.Rows = append(table.Rows, metav1.TableRow{Cells: cells})
	}
	return table
}

func printTable(out io.Writer, table *metav1.Table) error {
	if err := printers.NewTablePrinter(printers.PrintOptions{}).PrintObj(table, out); err != nil {
		return fmt.Errorf("print the preview: %w", err)
	}
	return nil
}
