package resource

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/output"
)

// deleteOptions are the flags of delete.
type deleteOptions struct {
	all, confirmed, force bool
	selector              string
}

// NewDeleteCommand returns the command that deletes objects after a confirmation.
func NewDeleteCommand(f *factory.Factory, v *View) *cobra.Command {
	o := &deleteOptions{}
	cmd := &cobra.Command{
		Use:               "delete NAME...",
		Short:             "Delete " + v.pluralWithCompanion(),
		Example:           f.FormatExamples(v.Noun+" delete "+v.Example, v.Noun+" delete --selector team=a --confirm"),
		ValidArgsFunction: CompleteNames(f, v.Descriptor),
		RunE:              func(cmd *cobra.Command, names []string) error { return o.runDelete(cmd, f, v, names) },
	}
	all := "delete all " + v.pluralWithCompanion()
	if v.Namespaced {
		all += " of the namespace"
	}
	cmd.Flags().BoolVar(&o.all, "all", false, all)
	cmd.Flags().StringVarP(&o.selector, "selector", "l", "", "delete those whose labels match `SELECTOR`, for example team=a")
	cmd.Flags().BoolVar(&o.confirmed, "confirm", false, "do not ask")
	if v.Force != nil {
		cmd.Flags().BoolVar(&o.force, "force", false, v.Force.Usage)
	}
	return cmd
}

func (o *deleteOptions) runDelete(cmd *cobra.Command, f *factory.Factory, v *View, names []string) error {
	if err := flag.CheckOneChoice(cmd, "which "+v.plural()+" to delete", "NAME", names, o.selector, o.all); err != nil {
		return err
	}
	c, objects, err := ResolveArgs(cmd, f, v.Descriptor, names, o.selector)
	if err != nil || len(objects) == 0 {
		return err
	}
	if len(names) > 0 {
		if err := checkUnambiguous(v, objects); err != nil {
			return err
		}
	}
	if !o.confirmed {
		question := o.newQuestion(v, objects)
		if err := question.Ask(cmd.Context(), cmd); err != nil {
			return err
		}
	}
	return o.deleteEach(cmd.Context(), cmd, c, v, objects)
}

func (o *deleteOptions) newQuestion(v *View, objects []client.Object) *output.Confirmation {
	question := &output.Confirmation{Verb: "delete", Gerund: "deleting", Object: summarizeDeletion(v, objects)}
	if o.force {
		question.Consequences = v.Force.Consequences
	}
	return question
}

// checkUnambiguous returns an error if a name belongs to an object of the kind and to one of its companion, because deleting
// the two has different effects.
func checkUnambiguous(v *View, objects []client.Object) error {
	for i := 1; i < len(objects); i++ {
		obj := objects[i]
		if obj.GetName() != objects[i-1].GetName() {
			continue
		}
		namespace, other := obj.GetNamespace(), v.kindOf(obj)
		return fmt.Errorf("%q is both a %s and a %s%s: delete one of them with `kubectl -n %s delete %s %s` or `kubectl -n %s delete %s %s`",
			obj.GetName(), v.Noun, other.Noun, v.inNamespace(namespace), namespace, v.resource, obj.GetName(), namespace, other.resource, obj.GetName())
	}
	return nil
}

// summarizeDeletion returns the objects of the question, kind by kind.
func summarizeDeletion(v *View, objects []client.Object) string {
	var parts []string
	for _, each := range v.withCompanion() {
		var names []string
		for _, obj := range objects {
			if v.kindOf(obj) == each {
				names = append(names, obj.GetName())
			}
		}
		switch len(names) {
		case 0:
		case 1:
			parts = append(parts, fmt.Sprintf("%s %q", each.Noun, names[0]))
		default:
			parts = append(parts, fmt.Sprintf("%d %s: %s", len(names), each.plural(), output.JoinNames(names)))
		}
	}
	return strings.Join(parts, "; ")
}

// deleteEach deletes the objects and goes on after errors.
func (o *deleteOptions) deleteEach(ctx context.Context, cmd *cobra.Command, c client.Client, v *View, objects []client.Object) error {
	var failed []error
	for _, obj := range objects {
		err := o.deleteObject(ctx, c, v, obj)
		if err != nil && !apierrors.IsNotFound(err) {
			failed = append(failed, explainUndeleted(ctx, c, v, obj, err))
			continue
		}
		output.Fprintf(cmd.OutOrStdout(), "Request to delete %s %q submitted successfully.\n%s\n", v.kindOf(obj).Noun, obj.GetName(), v.Deleted(obj))
	}
	return errors.Join(failed...)
}

// deleteObject deletes the object that was read, never another one that was created under its name since. With --force it first
// sets the annotation, and removes it after a refusal: a later deletion must not be forced by it.
func (o *deleteOptions) deleteObject(ctx context.Context, c client.Client, v *View, obj client.Object) error {
	action := fmt.Sprintf("delete %s %q", v.Noun, obj.GetName())
	if o.force {
		if err := Annotate(ctx, c, obj, v.Force.Annotation, "true", action); err != nil {
			return err
		}
	}
	uid := obj.GetUID()
	err := c.Delete(ctx, obj, client.Preconditions{UID: &uid})
	if o.force && apierrors.IsForbidden(err) {
		_ = Annotate(ctx, c, obj, v.Force.Annotation, nil, action) // the refusal matters more
	}
	return err
}

// explainUndeleted returns the error of an object that was not deleted, with the names of the objects that use it.
func explainUndeleted(ctx context.Context, c client.Reader, v *View, obj client.Object, err error) error {
	why := output.Explain(fmt.Sprintf("delete %s %q", v.kindOf(obj).Noun, obj.GetName()), err)
	if v.UsedBy == nil || !apierrors.IsForbidden(err) {
		return why
	}
	if names := v.UsedBy(ctx, c, obj); len(names) > 0 {
		return fmt.Errorf("%w (used by %s)", why, output.JoinNames(names))
	}
	return why
}
