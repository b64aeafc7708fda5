package cli

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
)

// Formats of -o that are a table; all others are kubectl's printers'.
const (
	formatTable = "table"
	formatWide  = "wide"
	formatName  = "name"
)

// outputFlags are -o and what belongs to it.
type outputFlags struct {
	format  string
	tables  bool // whether table and wide are formats
	kubectl *genericclioptions.PrintFlags
}

// newOutputFlags are the flags of a command that prints objects; with tables a table is the default,
// without there is none.
func newOutputFlags(tables bool) *outputFlags {
	return &outputFlags{tables: tables, kubectl: genericclioptions.NewPrintFlags("")}
}

func (o *outputFlags) add(cmd *cobra.Command, usage string) {
	cmd.Flags().StringVarP(&o.format, "output", "o", "", fmt.Sprintf("%s as `FORMAT`: %s", usage, strings.Join(o.formats(), ", ")))
	o.kubectl.JSONYamlPrintFlags.AddFlags(cmd)
	_ = cmd.Flags().MarkHidden("show-managed-fields")
	complete(cmd, "output", o.formats()...)
}

func (o *outputFlags) formats() []string {
	formats := []string{"yaml", "json", formatName, "jsonpath=TEMPLATE"}
	if o.tables {
		formats = append([]string{formatTable, formatWide}, formats...)
	}
	return formats
}

// isTable says whether a table was asked for, or nothing where that means a table.
func (o *outputFlags) isTable() bool {
	return o.tables && (o.format == "" || o.format == formatTable || o.format == formatWide)
}

// printer writes objects in the format of -o, which is not a table's.
func (o *outputFlags) printer() (printers.ResourcePrinter, error) {
	o.kubectl.OutputFormat = &o.format
	printer, err := o.kubectl.ToPrinter()
	if genericclioptions.IsNoCompatiblePrinterError(err) {
		return nil, fmt.Errorf("-o %s is not a format: use one of %s", o.format, strings.Join(o.formats(), ", "))
	}
	if err != nil {
		return nil, fmt.Errorf("-o %s: %w", o.format, err)
	}
	return printer, nil
}

// check is an error when -o names no format: before anything is read or written.
func (o *outputFlags) check() error {
	if o.isTable() || o.format == "" {
		return nil
	}
	_, err := o.printer()
	return err
}

// print writes objects with their kind: one by itself when single, else as a List.
func (o *outputFlags) print(out io.Writer, objects []client.Object, single bool) error {
	printer, err := o.printer()
	if err != nil {
		return err
	}
	scheme, err := newScheme()
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
