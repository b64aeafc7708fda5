package baseline

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// newGetCommand returns the command get with the flag --mine.
func newGetCommand(f *factory.Factory) *cobra.Command {
	cmd := resource.NewGetCommand(f, view)
	get, mine := cmd.RunE, false
	cmd.Flags().BoolVar(&mine, "mine", false, "only those that you may choose for your namespaces")
	cmd.Example += "\n" + f.FormatExamples("baseline get --mine")
	cmd.RunE = func(cmd *cobra.Command, names []string) error {
		if !mine {
			return get(cmd, names)
		}
		if len(names) > 0 {
			return errors.New("--mine goes without names: it chooses them")
		}
		c, err := f.NewClient(cmd)
		if err != nil {
			return err
		}
		usable, err := usableBaselines(cmd.Context(), c)
		if err != nil {
			return err
		}
		if len(usable) == 0 {
			output.Fprintf(cmd.ErrOrStderr(), "There is no baseline that you may choose: ask whoever administers the cluster for the verb \"use\" on one.\n")
			return nil
		}
		return get(cmd, usable)
	}
	return cmd
}

// usableBaselines returns the names of the baselines that the user has the verb "use" on, sorted. A user who may not list
// baselines gets those that their permissions name, or an error with these names if they may read none of them.
func usableBaselines(ctx context.Context, c client.Client) ([]string, error) {
	baselines, err := resource.List(ctx, c, resource.Baseline)
	if apierrors.IsForbidden(err) {
		return namedBaselines(ctx, c)
	}
	if err != nil {
		return nil, output.Explain("list baselines", err)
	}
	every, err := mayUse(ctx, c, "")
	if err != nil || every {
		return resource.ObjectNames(baselines), err
	}
	var usable []string
	for _, baseline := range baselines {
		may, err := mayUse(ctx, c, baseline.GetName())
		if err != nil {
			return nil, err
		}
		if may {
			usable = append(usable, baseline.GetName())
		}
	}
	return usable, nil
}

// mayUse reports whether the user has the verb "use" on a baseline, or on all if name is empty.
func mayUse(ctx context.Context, c client.Client, name string) (bool, error) {
	return resource.IsAllowed(ctx, c, authorizationv1.ResourceAttributes{
		Group: v1alpha1.GroupName, Resource: "baselines", Verb: v1alpha1.VerbUse, Name: name,
	})
}

// namedBaselines returns the baselines in the user's own permissions that the user may read. If there is none, the error has
// the names.
func namedBaselines(ctx context.Context, c client.Client) ([]string, error) {
	names, err := namesInRules(ctx, c)
	if err != nil {
		return nil, err
	}
	var readable []string
	for _, name := range names {
		err := c.Get(ctx, client.ObjectKey{Name: name}, &v1alpha1.Baseline{})
		switch {
		case err == nil:
			readable = append(readable, name)
		case !apierrors.IsForbidden(err) && !apierrors.IsNotFound(err):
			return nil, output.Explain(fmt.Sprintf("read baseline %q", name), err)
		}
	}
	if len(readable) == 0 {
		return nil, fmt.Errorf("you may not list baselines; your permissions let you choose, if they exist: %s", output.JoinNames(names))
	}
	return readable, nil
}

// namesInRules returns the names of baselines that the user's own permissions give the verb "use" on, at least one.
func namesInRules(ctx context.Context, c client.Client) ([]string, error) {
	review := &authorizationv1.SelfSubjectRulesReview{Spec: authorizationv1.SelfSubjectRulesReviewSpec{Namespace: "default"}}
	if err := c.Create(ctx, review); err != nil {
		return nil, output.Explain("ask what you are allowed to do", err)
	}
	var names []string
	for _, rule := range review.Status.ResourceRules {
		if containsOrAll(rule.Verbs, v1alpha1.VerbUse) && containsOrAll(rule.APIGroups, v1alpha1.GroupName) && containsOrAll(rule.Resources, "baselines") {
			if len(rule.ResourceNames) == 0 {
				return nil, errors.New("you may choose every baseline, and may not list them: ask whoever administers the cluster which there are")
			}
			names = append(names, rule.ResourceNames...)
		}
	}
	slices.Sort(names)
	if names = slices.Compact(names); len(names) == 0 {
		return nil, errors.New("you may not list baselines, and your permissions name none that you may choose: ask whoever administers the cluster for the verb \"use\" on one")
	}
	return names, nil
}

func containsOrAll(values []string, value string) bool {
	return slices.Contains(values, value) || slices.Contains(values, "*")
}
