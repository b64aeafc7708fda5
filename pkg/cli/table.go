package cli

import (
	"fmt"
	"io"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/cli-runtime/pkg/printers"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// none stands for what is not there, as in Velero's output.
const none = "<none>"

// timestampFormat is how Velero prints a time.
const timestampFormat = "2006-01-02 15:04:05 -0700 MST"

// tableOptions say how a table is laid out.
type tableOptions struct {
	wide, labels, namespaces bool
}

// writeTable prints objects as get does.
func writeTable(out io.Writer, v *view, objects []client.Object, now time.Time, options tableOptions) error {
	table := &metav1.Table{ColumnDefinitions: v.columns}
	for _, obj := range objects {
		table.Rows = append(table.Rows, metav1.TableRow{Cells: v.row(obj, now), Object: runtime.RawExtension{Object: obj}})
	}
	printer := printers.NewTablePrinter(printers.PrintOptions{
		Wide: options.wide, ShowLabels: options.labels, WithNamespace: options.namespaces,
	})
	if err := printer.PrintObj(table, out); err != nil {
		return fmt.Errorf("print the table of %s: %w", v.plural(), err)
	}
	return nil
}

// column is a column of every table; wideColumn one of -o wide alone.
func column(name string) metav1.TableColumnDefinition {
	return metav1.TableColumnDefinition{Name: name, Type: "string"}
}

func wideColumn(name string) metav1.TableColumnDefinition {
	return metav1.TableColumnDefinition{Name: name, Type: "string", Priority: 1}
}

// timestamp is t as users of Velero know it.
func timestamp(t *metav1.Time) string {
	if t.IsZero() {
		return none
	}
	return t.Format(timestampFormat)
}

// until is how long it is from now to t, short.
func until(t *metav1.Time, now time.Time) string {
	switch {
	case t.IsZero():
		return "never"
	case !t.After(now):
		return "now"
	default:
		return duration.HumanDuration(t.Sub(now))
	}
}

// orNone is text, or what stands for nothing.
func orNone(text string) string {
	if text == "" {
		return none
	}
	return text
}

// selectorText is a label selector as it is typed.
func selectorText(selector *metav1.LabelSelector) string {
	if selector == nil {
		return none
	}
	return metav1.FormatLabelSelector(selector)
}
