package baseline

import (
	"github.com/spf13/cobra"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// allowOptions are the flags of baseline allow.
type allowOptions struct {
	access accessFlags
	output *flag.Output
}

// newAllowCommand returns the command that lets others choose baselines, by RBAC alone.
func newAllowCommand(f *factory.Factory) *cobra.Command {
	o := &allowOptions{output: flag.NewOutput(false)}
	cmd := &cobra.Command{
		Use:   "allow NAME... --group GROUP",
		Short: "Let others choose baselines for their namespaces",
		Long: "Let users, groups and service accounts choose baselines for their namespaces. It is plain RBAC: for each\n" +
			"baseline a ClusterRole seedbed-use-NAME, with the verbs \"get\" and \"use\" on it, and a ClusterRoleBinding of that\n" +
			"name. You need these verbs yourself, and to write ClusterRoles and ClusterRoleBindings. With -o yaml, both are\n" +
			"printed for GitOps instead. Whoever chooses a baseline reads in the namespace what the baseline holds.",
		Example: f.FormatExamples(
			"baseline allow web --group team-payments",
			"baseline allow web logging --user alice --serviceaccount ci:deployer",
			"baseline allow web --group team-payments -o yaml",
		),
		Args:              flag.SomeNames,
		ValidArgsFunction: resource.CompleteNames(f, resource.Baseline),
		RunE:              func(cmd *cobra.Command, names []string) error { return o.runAllow(cmd, f, names) },
	}
	o.access.addTo(cmd, "that may choose them")
	o.output.AddTo(cmd, "write nothing, print the objects")
	return cmd
}

func (o *allowOptions) runAllow(cmd *cobra.Command, f *factory.Factory, names []string) error {
	subjects, err := checkAccess(names, &o.access)
	if err != nil {
		return err
	}
	if err := o.output.Validate(); err != nil {
		return err
	}
	if o.output.Format != "" {
		var objects []client.Object
		for _, name := range names {
			objects = append(objects, newGrantRole(name), newGrantBinding(name, subjects))
		}
		return o.output.PrintObjects(cmd.OutOrStdout(), objects, false)
	}
	c, err := f.NewClient(cmd)
	if err != nil {
		return err
	}
	// Everything is checked before anything is written.
	for _, name := range names {
		if err := checkGrant(cmd, c, name, subjects); err != nil {
			return err
		}
	}
	for _, name := range names {
		added, err := grantSubjects(cmd.Context(), c, name, subjects)
		if err != nil {
			return err
		}
		printAllowed(cmd, name, subjects, added)
	}
	return nil
}

// checkAccess returns the subjects of the flags. It returns an error unless each of names is a valid name of a baseline.
func checkAccess(names []string, access *accessFlags) ([]rbacv1.Subject, error) {
	for _, name := range names {
		if err := flag.CheckLabelName("baseline", name); err != nil {
			return nil, err
		}
	}
	return access.parseSubjects()
}

// checkGrant returns an error unless the baseline exists and the user may grant it. It passes a baseline that the user may not
// read: RBAC decides about the grant.
func checkGrant(cmd *cobra.Command, c client.Client, name string, subjects []rbacv1.Subject) error {
	if err := resource.CheckExist(cmd.Context(), c, resource.Baseline, name); err != nil {
		return err
	}
	stored, err := readGrant(cmd.Context(), c, name)
	if err != nil {
		return err
	}
	if err := stored.checkRules(name); err != nil {
		return err
	}
	if stored.role != nil && len(stored.missingSubjects(subjects)) == 0 {
		return nil
	}
	return checkMayGrant(cmd.Context(), c, name, stored)
}

func printAllowed(cmd *cobra.Command, name string, subjects, added []rbacv1.Subject) {
	for i := range subjects {
		state := "may choose it now"
		if !hasSubject(added, subjects[i]) {
			state = "may choose it already"
		}
		output.Fprintf(cmd.OutOrStdout(), "Baseline %q: %s %s.\n", name, describeSubject(&subjects[i]), state)
	}
}
