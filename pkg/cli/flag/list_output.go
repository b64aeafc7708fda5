package flag

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/printers"
	"sigs.k8s.io/yaml"
)

// listFormats are the values of -o for lists that are no objects of the API.
var listFormats = []string{FormatTable, FormatWide, "yaml", "json"}

// ListOutput has -o of a command that prints a list of its own types, which kubectl's printers do not know.
type ListOutput struct {
	Format    string
	noHeaders bool
}

// AddTo adds the flag -o to a command.
func (o *ListOutput) AddTo(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&o.Format, "output", "o", "", "print as `FORMAT`: "+strings.Join(listFormats, ", "))
	CompleteWords(cmd, "output", listFormats...)
}

// AddNoHeaders adds the flag --no-headers to a command.
func (o *ListOutput) AddNoHeaders(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&o.noHeaders, "no-headers", false, "print a table without its header")
}

// Validate returns an error if -o names no format.
func (o *ListOutput) Validate() error {
	if o.Format != "" && !slices.Contains(listFormats, o.Format) {
		return fmt.Errorf("-o %s is not a format: use one of %s", o.Format, strings.Join(listFormats, ", "))
	}
	return nil
}

// IsTable reports whether the format is a table, by -o or by default.
func (o *ListOutput) IsTable() bool {
	return o.Format == "" || o.Format == FormatTable || o.Format == FormatWide
}

// Print prints a list: as table makes it, or as YAML or JSON. title names the list in errors.
func (o *ListOutput) Print(out io.Writer, title string, list any, table func() *metav1.Table) error {
	var err error
	switch {
	case o.IsTable():
		err = printers.NewTablePrinter(printers.PrintOptions{Wide: o.Format == FormatWide, NoHeaders: o.noHeaders}).PrintObj(table(), out)
	default:
		err = o.printText(out, list)
	}
	if err != nil {
		return fmt.Errorf("printing %s: %w", title, err)
	}
	return nil
}

// printText prints a list as YAML or JSON.
func (o *ListOutput) printText(out io.Writer, list any) error {
	text, err := json.MarshalIndent(list, "", "    ")
	if o.Format == "yaml" {
		text, err = yaml.Marshal(list)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, strings.TrimSuffix(string(text), "\n"))
	return err
}
