package baseline

import (
	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/cli-runtime/pkg/printers"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// newWhoCanCommand returns the command that lists the subjects that RBAC lets choose a baseline.
func newWhoCanCommand(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:   "who-can NAME",
		Short: "List who may choose a baseline for their namespaces",
		Long: "List the users, groups and service accounts that RBAC gives the verb \"use\" on a baseline, and by which binding. You\n" +
			"must be allowed to list ClusterRoles and ClusterRoleBindings. It is about asking by annotation: a namespace that\n" +
			"the baseline's selector matches gets it without.",
		Example:           f.FormatExamples("baseline who-can web"),
		Args:              flag.OneName,
		ValidArgsFunction: resource.CompleteNames(f, resource.Baseline),
		RunE: func(cmd *cobra.Command, args []string) error {
			return listWhoCan(cmd, f, args[0])
		},
	}
}

func listWhoCan(cmd *cobra.Command, f *factory.Factory, name string) error {
	c, err := f.NewClient(cmd)
	if err != nil {
		return err
	}
	obj, err := resource.GetNamed(cmd.Context(), c, resource.Baseline, name)
	if err != nil && !apierrors.IsForbidden(err) {
		return err
	}
	found, err := listAccess(cmd.Context(), c, name)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		output.Fprintf(cmd.ErrOrStderr(), "RBAC lets nobody choose baseline %q: `%s baseline allow %s --group GROUP` does.\n", name, f.Program, name)
	} else {
		printAccess(cmd, found)
	}
	if baseline, read := obj.(*v1alpha1.Baseline); read {
		for _, note := range accessNotes(baseline) {
			output.Fprintf(cmd.ErrOrStderr(), "Note: %s.\n", note)
		}
	}
	output.Fprintf(cmd.ErrOrStderr(), "Note: members of system:masters, and users whom an authorizer beside RBAC allows it, are not listed.\n")
	return nil
}

func printAccess(cmd *cobra.Command, found []access) {
	table := printers.GetNewTabWriter(cmd.OutOrStdout())
	output.Fprintf(table, "KIND\tNAME\tCLUSTERROLEBINDING\tCLUSTERROLE\tBASELINES\n")
	for i := range found {
		scope := "this one"
		if found[i].every {
			scope = "all"
		}
		output.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", found[i].subject.Kind, output.EscapeControls(subjectName(&found[i].subject)), found[i].binding, found[i].role, scope)
	}
	_ = table.Flush() // a closed pipe, as in output.Fprintf
}

// accessNotes returns the rules beside RBAC that decide which namespaces get a baseline.
func accessNotes(baseline *v1alpha1.Baseline) []string {
	var notes []string
	if baseline.Spec.NamespaceSelector != nil {
		notes = append(notes, "namespaces that match "+formatNamespaceSelector(baseline.Spec.NamespaceSelector)+" get it without asking, whoever creates or labels them")
	}
	if baseline.Spec.AllowedNamespaces != nil {
		notes = append(notes, "a namespace that asks for it must match "+formatNamespaceSelector(baseline.Spec.AllowedNamespaces))
	}
	return notes
}
