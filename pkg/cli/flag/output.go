package flag

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/printers"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"seedbed.dev/seedbed/pkg/cli/factory"
)

// Formats of -o that are tables, and the format of names. All others belong to kubectl's printers.
const (
	FormatTable = "table"
	FormatWide  = "wide"
	formatName  = "name"
)

// Output has -o and kubectl's flags of printers.
type Output struct {
	Format  string
	tables  bool // table and wide are formats
	kubectl *genericclioptions.PrintFlags
}

// NewOutput returns the flags of a command that prints objects. With tables, the default is a table; without, there is none.
func NewOutput(tables bool) *Output {
	return &Output{tables: tables, kubectl: genericclioptions.NewPrintFlags("")}
}

// AddTo adds the flag to a command.
func (o *Output) AddTo(cmd *cobra.Command, usage string) {
	cmd.Flags().StringVarP(&o.Format, "output", "o", "", fmt.Sprintf("%s as `FORMAT`: %s", usage, strings.Join(o.listFormats(), ", ")))
	o.kubectl.JSONYamlPrintFlags.AddFlags(cmd)
	_ = cmd.Flags().MarkHidden("show-managed-fields")
	CompleteWords(cmd, "output", o.listFormats()...)
}

func (o *Output) listFormats() []string {
	formats := []string{"yaml", "json", formatName, "jsonpath=TEMPLATE"}
	if o.tables {
		formats = append([]string{FormatTable, FormatWide}, formats...)
	}
	return formats
}

// IsTable reports whether the format is a table, by -o or by default.
func (o *Output) IsTable() bool {
	return o.tables && (o.Format == "" || o.Format == FormatTable || o.Format == FormatWide)
}

// newPrinter returns the printer of -o, which must not be a table.
func (o *Output) newPrinter() (printers.ResourcePrinter, error) {
	o.kubectl.OutputFormat = &o.Format
	printer, err := o.kubectl.ToPrinter()
	if genericclioptions.IsNoCompatiblePrinterError(err) {
		return nil, fmt.Errorf("-o %s is not a format: use one of %s", o.Format, strings.Join(o.listFormats(), ", "))
	}
	if err != nil {
		return nil, fmt.Errorf("-o %s: %w", o.Format, err)
	}
	return printer, nil
}

// Validate returns an error if -o names no format. It is called before anything is read or written.
func (o *Output) Validate() error {
	if o.IsTable() || o.Format == "" {
		return nil
	}
	_, err := o.newPrinter()
	return err
}

// PrintObjects prints objects with their kinds: one by itself if single is set, else as a List.
func (o *Output) PrintObjects(out io.Writer, objects []client.Object, single bool) error {
	printer, err := o.newPrinter()
	if err != nil {
		return err
	}
	scheme, err := factory.NewScheme()
	if err != nil {
		return err
	}
	list := &unstructured.UnstructuredList{Object: map[string]any{"apiVersion": "v1", "kind": "List", "metadata": map[string]any{}}}
	for _, obj := range objects {
		content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(obj)
		if err != nil {
			return fmt.Errorf("print %q: %w", obj.GetName(), err)
		}
		kind, err := apiutil.GVKForObject(obj, scheme)
		if err != nil {
			return fmt.Errorf("print %q: %w", obj.GetName(), err)
		}
		item := unstructured.Unstructured{Object: content}
		item.SetGroupVersionKind(kind)
		list.Items = append(list.Items, item)
	}
	if single && len(list.Items) == 1 {
		return printer.PrintObj(&list.Items[0], out)
	}
	return printer.PrintObj(list, out)
}
