package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// deleteOptions are the flags of delete.
type deleteOptions struct {
	all, confirmed bool
	selector       string
}

// newDeleteCommand deletes objects of k, after asking.
func newDeleteCommand(t *tool, k *kind) *cobra.Command {
	o := &deleteOptions{}
	cmd := &cobra.Command{
		Use:               "delete NAME...",
		Short:             "Delete " + k.plural(),
		Example:           t.examples(k.noun+" delete "+k.example, k.noun+" delete --selector team=a --confirm"),
		ValidArgsFunction: completeNames(t, k),
		RunE:              func(cmd *cobra.Command, names []string) error { return o.run(cmd, t, k, names) },
	}
	all := "delete all " + k.plural()
	if k.namespaced {
		all += " of the namespace"
	}
	cmd.Flags().BoolVar(&o.all, "all", false, all)
	cmd.Flags().StringVarP(&o.selector, "selector", "l", "", "delete those whose labels match `SELECTOR`, for example team=a")
	cmd.Flags().BoolVar(&o.confirmed, "confirm", false, "do not ask")
	return cmd
}

func (o *deleteOptions) run(cmd *cobra.Command, t *tool, k *kind, names []string) error {
	if err := o.check(cmd, k, names); err != nil {
		return err
	}
	c, objects, err := t.chosen(cmd, k, names, o.selector)
	if err != nil || len(objects) == 0 {
		return err
	}
	if !o.confirmed {
		if err := confirm(cmd.Context(), cmd, toDelete(k, objects)); err != nil {
			return err
		}
	}
	return deleteEach(cmd.Context(), cmd, c, k, objects)
}

// check is an error unless exactly one of names, --selector and --all says what to delete.
func (o *deleteOptions) check(cmd *cobra.Command, k *kind, names []string) error {
	said := 0
	for _, given := range []bool{len(names) > 0, o.selector != "", o.all} {
		if given {
			said++
		}
	}
	switch said {
	case 1:
		return nil
	case 0:
		return fmt.Errorf("say which %s to delete: %s NAME..., --selector or --all", k.plural(), cmd.CommandPath())
	default:
		return fmt.Errorf("say which %s to delete in one way: by NAME, by --selector or with --all", k.plural())
	}
}

// toDelete is what the question is about.
func toDelete(k *kind, objects []client.Object) string {
	if len(objects) == 1 {
		return fmt.Sprintf("%s %q", k.noun, objects[0].GetName())
	}
	return fmt.Sprintf("%d %s: %s", len(objects), k.plural(), listed(objectNames(objects)))
}

// deleteEach deletes every one that it can. The object that was read is meant, never one that was created
// under its name meanwhile.
func deleteEach(ctx context.Context, cmd *cobra.Command, c client.Client, k *kind, objects []client.Object) error {
	var failed []error
	for _, obj := range objects {
		uid := obj.GetUID()
		err := c.Delete(ctx, obj, client.Preconditions{UID: &uid})
		if err != nil && !apierrors.IsNotFound(err) {
			failed = append(failed, explain(fmt.Sprintf("delete %s %q", k.noun, obj.GetName()), err))
			continue
		}
		say(cmd.OutOrStdout(), "Request to delete %s %q submitted successfully.\n%s\n", k.noun, obj.GetName(), k.deleted(obj))
	}
	return errors.Join(failed...)
}
