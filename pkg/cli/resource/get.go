package resource

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/printers"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/output"
)

// getOptions are the flags of get.
type getOptions struct {
	selector      string
	labels        bool
	allNamespaces bool
	output        *flag.Output
}

// NewGetCommand returns the command that lists objects as a table, or prints them whole.
func NewGetCommand(f *factory.Factory, v *View) *cobra.Command {
	o := &getOptions{output: flag.NewOutput(true)}
	cmd := &cobra.Command{
		Use:               "get [NAME...]",
		Short:             "List " + v.pluralWithCompanion(),
		Example:           f.FormatExamples(v.Noun+" get", v.Noun+" get "+v.Example+" -o yaml"),
		ValidArgsFunction: CompleteNames(f, v.Descriptor),
		RunE:              func(cmd *cobra.Command, names []string) error { return o.runGet(cmd, f, v, names) },
	}
	cmd.Flags().StringVarP(&o.selector, "selector", "l", "", "only those whose labels match `SELECTOR`, for example team=a")
	cmd.Flags().BoolVar(&o.labels, "show-labels", false, "show their labels in the table")
	o.output.AddTo(cmd, "print them")
	if v.Namespaced {
		cmd.Flags().BoolVarP(&o.allNamespaces, "all-namespaces", "A", false, "those of every namespace")
	}
	return cmd
}

func (o *getOptions) runGet(cmd *cobra.Command, f *factory.Factory, v *View, names []string) error {
	if err := o.validate(names); err != nil {
		return err
	}
	selector, err := flag.ListOption(o.selector)
	if err != nil {
		return err
	}
	namespace, err := scopeOf(f, v.Descriptor)
	if err != nil {
		return err
	}
	if o.allNamespaces {
		namespace = ""
	}
	c, err := f.NewClient(cmd)
	if err != nil {
		return err
	}
	find := &finder{client: c, kind: v.Descriptor, namespace: namespace}
	objects, err := find.findObjects(cmd.Context(), names, selector)
	if err != nil {
		return err
	}
	find.printNotes(cmd.ErrOrStderr())
	if len(objects) == 0 && o.output.IsTable() {
		output.Fprintf(cmd.ErrOrStderr(), "%s", v.noneFound(namespace))
		return nil
	}
	return o.printObjects(cmd, f, v, objects, len(names) == 1)
}

func (o *getOptions) validate(names []string) error {
	switch {
	case len(names) > 0 && o.selector != "":
		return fmt.Errorf("--selector goes without names: it chooses them")
	case len(names) > 0 && o.allNamespaces:
		return fmt.Errorf("--all-namespaces goes without names: say with -n in which namespace %s is", names[0])
	}
	return o.output.Validate()
}

func (o *getOptions) printObjects(cmd *cobra.Command, f *factory.Factory, v *View, objects []client.Object, single bool) error {
	if !o.output.IsTable() {
		return o.output.PrintObjects(cmd.OutOrStdout(), objects, single)
	}
	return WriteTable(cmd.OutOrStdout(), v, objects, f.Now(), TableOptions{
		Wide: o.output.Format == flag.FormatWide, Labels: o.labels, Namespaces: o.allNamespaces,
	})
}

// TableOptions are the layout of a table.
type TableOptions struct {
	Wide, Labels, Namespaces bool
}

// WriteTable prints objects as get does.
func WriteTable(out io.Writer, v *View, objects []client.Object, now time.Time, options TableOptions) error {
	table := &metav1.Table{ColumnDefinitions: v.Columns}
	for _, obj := range objects {
		table.Rows = append(table.Rows, metav1.TableRow{Cells: v.Row(obj, now), Object: runtime.RawExtension{Object: obj}})
	}
	printer := printers.NewTablePrinter(printers.PrintOptions{
		Wide: options.Wide, ShowLabels: options.Labels, WithNamespace: options.Namespaces,
	})
	if err := printer.PrintObj(table, out); err != nil {
		return fmt.Errorf("print the table of %s: %w", v.plural(), err)
	}
	return nil
}
