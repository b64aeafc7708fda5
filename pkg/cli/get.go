package cli

import (
	"fmt"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// getOptions are the flags of get.
type getOptions struct {
	selector      string
	labels        bool
	allNamespaces bool
	output        *outputFlags
}

// newGetCommand lists objects of k as a table, or prints them whole.
func newGetCommand(t *tool, v *view) *cobra.Command {
	o := &getOptions{output: newOutputFlags(true)}
	cmd := &cobra.Command{
		Use:               "get [NAME...]",
		Short:             "List " + v.plurals(),
		Example:           t.examples(v.noun+" get", v.noun+" get "+v.example+" -o yaml"),
		ValidArgsFunction: completeNames(t, v.descriptor),
		RunE:              func(cmd *cobra.Command, names []string) error { return o.run(cmd, t, v, names) },
	}
	cmd.Flags().StringVarP(&o.selector, "selector", "l", "", "only those whose labels match `SELECTOR`, for example team=a")
	cmd.Flags().BoolVar(&o.labels, "show-labels", false, "show their labels in the table")
	o.output.add(cmd, "print them")
	if v.namespaced {
		cmd.Flags().BoolVarP(&o.allNamespaces, "all-namespaces", "A", false, "those of every namespace")
	}
	return cmd
}

func (o *getOptions) run(cmd *cobra.Command, t *tool, v *view, names []string) error {
	if err := o.check(names); err != nil {
		return err
	}
	selector, err := selectedBy(o.selector)
	if err != nil {
		return err
	}
	namespace, err := scopeOf(t, v.descriptor)
	if err != nil {
		return err
	}
	if o.allNamespaces {
		namespace = ""
	}
	c, err := t.client(cmd)
	if err != nil {
		return err
	}
	find := &finder{client: c, kind: v.descriptor, namespace: namespace}
	objects, err := find.find(cmd.Context(), names, selector)
	if err != nil {
		return err
	}
	find.printNotes(cmd.ErrOrStderr())
	if len(objects) == 0 && o.output.isTable() {
		say(cmd.ErrOrStderr(), "%s", v.noneFound(namespace))
		return nil
	}
	return o.print(cmd, t, v, objects, len(names) == 1)
}

func (o *getOptions) check(names []string) error {
	switch {
	case len(names) > 0 && o.selector != "":
		return fmt.Errorf("--selector goes without names: it chooses them")
	case len(names) > 0 && o.allNamespaces:
		return fmt.Errorf("--all-namespaces goes without names: say with -n in which namespace %s is", names[0])
	}
	return o.output.check()
}

func (o *getOptions) print(cmd *cobra.Command, t *tool, v *view, objects []client.Object, single bool) error {
	if !o.output.isTable() {
		return o.output.print(cmd.OutOrStdout(), objects, single)
	}
	return writeTable(cmd.OutOrStdout(), v, objects, t.now(), tableOptions{
		wide: o.output.format == formatWide, labels: o.labels, namespaces: o.allNamespaces,
	})
}
