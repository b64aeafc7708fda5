package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// deleteOptions are the flags of delete.
type deleteOptions struct {
	all, confirmed bool
	selector       string
}

// newDeleteCommand returns the command that deletes objects of k after it has asked.
func newDeleteCommand(t *tool, k *kind) *cobra.Command {
	o := &deleteOptions{}
	cmd := &cobra.Command{
		Use:               "delete NAME...",
		Short:             "Delete " + k.plurals(),
		Example:           t.examples(k.noun+" delete "+k.example, k.noun+" delete --selector team=a --confirm"),
		ValidArgsFunction: completeNames(t, k),
		RunE:              func(cmd *cobra.Command, names []string) error { return o.run(cmd, t, k, names) },
	}
	all := "delete all " + k.plurals()
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
	c, objects, err := t.resolveArgs(cmd, k, names, o.selector)
	if err != nil || len(objects) == 0 {
		return err
	}
	if len(names) > 0 {
		if err := checkUnambiguous(k, objects); err != nil {
			return err
		}
	}
	if !o.confirmed {
		question := confirmation{verb: "delete", gerund: "deleting", object: summarizeDeletion(k, objects)}
		if err := question.ask(cmd.Context(), cmd); err != nil {
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

// checkUnambiguous returns an error if a name stands for an object of k and for one of its companion, because deleting the
// two has different effects.
func checkUnambiguous(k *kind, objects []client.Object) error {
	for i := 1; i < len(objects); i++ {
		obj := objects[i]
		if obj.GetName() != objects[i-1].GetName() {
			continue
		}
		namespace, other := obj.GetNamespace(), k.kindOf(obj)
		return fmt.Errorf("%q is both a %s and a %s%s: delete one of them with `kubectl -n %s delete %s %s` or `kubectl -n %s delete %s %s`",
			obj.GetName(), k.noun, other.noun, k.in(namespace), namespace, k.resource, obj.GetName(), namespace, other.resource, obj.GetName())
	}
	return nil
}

// summarizeDeletion returns the objects of the question, kind by kind.
func summarizeDeletion(k *kind, objects []client.Object) string {
	var parts []string
	for _, each := range k.withCompanion() {
		var names []string
		for _, obj := range objects {
			if k.kindOf(obj) == each {
				names = append(names, obj.GetName())
			}
		}
		switch len(names) {
		case 0:
		case 1:
			parts = append(parts, fmt.Sprintf("%s %q", each.noun, names[0]))
		default:
			parts = append(parts, fmt.Sprintf("%d %s: %s", len(names), each.plural(), listed(names)))
		}
	}
	return strings.Join(parts, "; ")
}

// deleteEach deletes every one that it can. The object that was read is meant, never one that was created
// under its name meanwhile.
func deleteEach(ctx context.Context, cmd *cobra.Command, c client.Client, k *kind, objects []client.Object) error {
	var failed []error
	for _, obj := range objects {
		uid := obj.GetUID()
		own := k.kindOf(obj)
		err := c.Delete(ctx, obj, client.Preconditions{UID: &uid})
		if err != nil && !apierrors.IsNotFound(err) {
			failed = append(failed, notDeleted(ctx, c, own, obj, err))
			continue
		}
		say(cmd.OutOrStdout(), "Request to delete %s %q submitted successfully.\n%s\n", own.noun, obj.GetName(), own.deleted(obj))
	}
	return errors.Join(failed...)
}

// notDeleted explains why an object was not deleted, with the names of what uses it.
func notDeleted(ctx context.Context, c client.Reader, k *kind, obj client.Object, err error) error {
	why := explain(fmt.Sprintf("delete %s %q", k.noun, obj.GetName()), err)
	if k.usedBy == nil || !apierrors.IsForbidden(err) {
		return why
	}
	if names := k.usedBy(ctx, c, obj); len(names) > 0 {
		return fmt.Errorf("%w (used by %s)", why, listed(names))
	}
	return why
}
