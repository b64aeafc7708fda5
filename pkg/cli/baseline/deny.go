package baseline

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// newDenyCommand returns the command that reverts allow.
func newDenyCommand(f *factory.Factory) *cobra.Command {
	access := &accessFlags{}
	cmd := &cobra.Command{
		Use:   "deny NAME... --group GROUP",
		Short: "Take back what allow gave",
		Long: "Take users, groups and service accounts out of what \"baseline allow\" wrote, and delete it when nobody is left in\n" +
			"it. What else lets them choose the baseline is named and left alone. Namespaces that hold the baseline keep it.",
		Example:           f.FormatExamples("baseline deny web --group team-payments"),
		Args:              flag.SomeNames,
		ValidArgsFunction: resource.CompleteNames(f, resource.Baseline),
		RunE: func(cmd *cobra.Command, names []string) error {
			subjects, err := checkAccess(names, access)
			if err != nil {
				return err
			}
			c, err := f.NewClient(cmd)
			if err != nil {
				return err
			}
			for _, name := range names {
				if err := denySubjects(cmd, c, name, subjects); err != nil {
					return err
				}
			}
			return nil
		},
	}
	access.addTo(cmd, "that may not choose them any more")
	return cmd
}

// denySubjects takes subjects out of a baseline's grant and prints their remaining access.
func denySubjects(cmd *cobra.Command, c client.Client, name string, subjects []rbacv1.Subject) error {
	removed, err := revokeSubjects(cmd.Context(), c, name, subjects)
	if err != nil {
		return err
	}
	for i := range subjects {
		state := "is taken out"
		if !hasSubject(removed, subjects[i]) {
			state = "was not in it"
		}
		output.Fprintf(cmd.OutOrStdout(), "Baseline %q: %s %s (clusterrolebinding %s).\n", name, describeSubject(&subjects[i]), state, grantName(name))
	}
	left, err := listAccess(cmd.Context(), c, name)
	if err != nil {
		output.Fprintf(cmd.ErrOrStderr(), "Note: whether something else lets them choose it is not known: %s.\n", output.OneLine(err.Error()))
		return nil
	}
	for i := range left {
		if hasSubject(subjects, left[i].subject) {
			output.Fprintf(cmd.ErrOrStderr(), "Note: %s may choose baseline %q still, by clusterrolebinding %s.\n", describeSubject(&left[i].subject), name, left[i].binding)
		}
	}
	return nil
}

// revokeSubjects takes subjects out of a grant, and returns those that were in it. It deletes a grant that is left empty.
func revokeSubjects(ctx context.Context, c client.Client, baseline string, subjects []rbacv1.Subject) (removed []rbacv1.Subject, err error) {
	err = retryWrites(func() error {
		stored, err := readGrant(ctx, c, baseline)
		if err != nil || stored.binding == nil {
			return err
		}
		left := slices.DeleteFunc(slices.Clone(stored.binding.Subjects), func(s rbacv1.Subject) bool { return hasSubject(subjects, s) })
		removed = stored.presentSubjects(subjects)
		switch {
		case len(left) == 0:
			return deleteGrant(ctx, c, baseline, stored)
		case len(removed) == 0:
			return nil
		}
		stored.binding.Subjects = left
		return c.Update(ctx, stored.binding, client.FieldOwner(resource.FieldOwner))
	})
	return removed, explainGrant(fmt.Sprintf("deny baseline %q", baseline), err)
}

// presentSubjects returns the subjects that the binding has.
func (g *storedGrant) presentSubjects(subjects []rbacv1.Subject) []rbacv1.Subject {
	return slices.DeleteFunc(slices.Clone(subjects), func(s rbacv1.Subject) bool { return !hasSubject(g.binding.Subjects, s) })
}

// deleteGrant deletes the binding in the version that was read, and then the role, which has no other use. It keeps a role of
// other tools.
func deleteGrant(ctx context.Context, c client.Client, baseline string, stored *storedGrant) error {
	read := client.Preconditions{UID: &stored.binding.UID, ResourceVersion: &stored.binding.ResourceVersion}
	if err := c.Delete(ctx, stored.binding, read); client.IgnoreNotFound(err) != nil {
		return err
	}
	if stored.role == nil || stored.role.Labels[labelManagedBy] != managedBySeedbed {
		return nil
	}
	if err := c.Delete(ctx, stored.role, client.Preconditions{UID: &stored.role.UID}); client.IgnoreNotFound(err) != nil {
		return err
	}
	// A concurrent allow may have created the binding anew, which needs the role.
	err := c.Get(ctx, client.ObjectKey{Name: grantName(baseline)}, &rbacv1.ClusterRoleBinding{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return ensureRole(ctx, c, baseline)
}
