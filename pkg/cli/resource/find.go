package resource

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/internal/apierr"
)

// finder reads objects of a kind and of its companion. If one of the two cannot be read, it still finds the other.
type finder struct {
	client    client.Reader
	kind      *Descriptor
	namespace string
	// notes are clauses: one for each kind that was left out, with the reason.
	notes []string
}

// GetNamed returns the named object of a cluster-scoped kind. If there is none, the error suggests the nearest name.
func GetNamed(ctx context.Context, c client.Reader, k *Descriptor, name string) (client.Object, error) {
	objects, err := (&finder{client: c, kind: k}).getObjects(ctx, name)
	if err != nil {
		return nil, err
	}
	return objects[0], nil
}

// CheckExist returns an error if one of the named objects of a cluster-scoped kind does not exist. It passes those that the user
// may not read: the API server decides about them.
func CheckExist(ctx context.Context, c client.Reader, k *Descriptor, names ...string) error {
	for _, name := range names {
		if _, err := GetNamed(ctx, c, k, name); err != nil && !apierrors.IsForbidden(err) {
			return err
		}
	}
	return nil
}

// findObjects returns the named objects in that order, or without names all that match. It returns an error for a missing one
// before any other is acted on.
func (f *finder) findObjects(ctx context.Context, names []string, options ...client.ListOption) ([]client.Object, error) {
	if len(names) == 0 {
		return f.listObjects(ctx, options...)
	}
	objects := make([]client.Object, 0, len(names))
	seen := map[string]bool{}
	for _, name := range names {
		if seen[name] {
			continue
		}
		seen[name] = true
		found, err := f.getObjects(ctx, name)
		if err != nil {
			return nil, err
		}
		objects = append(objects, found...)
	}
	return objects, nil
}

// getObjects returns the objects of a name, at most one of each kind. If there is none, the error suggests the nearest name.
func (f *finder) getObjects(ctx context.Context, name string) ([]client.Object, error) {
	if err := flag.CheckName(f.kind.Noun, name); err != nil {
		return nil, err
	}
	var objects []client.Object
	var missing error
	err := f.readEach(func(k *Descriptor) error {
		obj := k.NewObject()
		err := f.client.Get(ctx, client.ObjectKey{Namespace: f.namespace, Name: name}, obj)
		switch {
		case err == nil:
			objects = append(objects, obj)
			return nil
		case apierr.IsObjectNotFound(err):
			missing = err
			return nil
		default:
			return output.Explain(fmt.Sprintf("read %s %q", k.Noun, name), err)
		}
	})
	if err != nil || len(objects) > 0 {
		return objects, err
	}
	text := fmt.Sprintf("%s %q does not exist%s%s", f.kind.Noun, name, f.kind.inNamespace(f.namespace), f.suggestName(ctx, name))
	if len(f.notes) > 0 {
		text += " (" + strings.Join(f.notes, "; ") + ")"
	}
	return nil, &output.Explained{Text: text, Cause: missing}
}

// listObjects returns every object that matches, sorted by namespace and name. Of two with the same name, the companion's comes
// second.
func (f *finder) listObjects(ctx context.Context, options ...client.ListOption) ([]client.Object, error) {
	var objects []client.Object
	options = append(slices.Clone(options), client.InNamespace(f.namespace))
	err := f.readEach(func(k *Descriptor) error {
		found, err := List(ctx, f.client, k, options...)
		objects = append(objects, found...)
		return output.Explain("list "+k.plural(), err)
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(objects, compareNames)
	return objects, nil
}

// readEach calls read for the kind and its companion. A kind that the user may not read, or that the cluster does not serve, is
// left out with a note. It is an error only if no other kind could be read.
func (f *finder) readEach(read func(*Descriptor) error) error {
	var refused error
	var notes []string
	kinds := f.kind.withCompanion()
	for _, k := range kinds {
		err := read(k)
		switch {
		case err == nil:
		case !apierrors.IsForbidden(err) && !output.IsNotServed(err):
			return err
		default:
			refused = cmp.Or(refused, err)
			notes = append(notes, explainOmission(k, f.namespace, err))
		}
	}
	if len(notes) == len(kinds) {
		return refused
	}
	for _, note := range notes {
		if !slices.Contains(f.notes, note) {
			f.notes = append(f.notes, note)
		}
	}
	return nil
}

// explainOmission returns the reason why the objects of a kind are left out, in a clause.
func explainOmission(k *Descriptor, namespace string, err error) string {
	if output.IsNotServed(err) {
		return fmt.Sprintf("%s are left out: this cluster has no %s in its seedbed.dev API, so upgrade Seedbed's chart", k.plural(), k.resource)
	}
	where := k.inNamespace(namespace)
	if where == "" {
		where = " of all namespaces"
	}
	return fmt.Sprintf("%s are left out: you may not read %s%s, so ask whoever administers the cluster for that permission", k.plural(), k.resource, where)
}

// printNotes prints the notes, one a line.
func (f *finder) printNotes(out io.Writer) {
	for _, note := range f.notes {
		output.Fprintf(out, "Note: %s.\n", note)
	}
}

// suggestName returns the end of a message about a name that does not exist. It is empty for users who may not list.
func (f *finder) suggestName(ctx context.Context, name string) string {
	there, err := (&finder{client: f.client, kind: f.kind, namespace: f.namespace}).listObjects(ctx)
	if err != nil {
		return ""
	}
	if len(there) == 0 && f.kind.Namespaced {
		return ": there is none, so say with -n where it is"
	}
	return ": " + output.Suggest(name, ObjectNames(there))
}

// compareNames orders objects by namespace and name.
func compareNames(a, b client.Object) int {
	return cmp.Or(cmp.Compare(a.GetNamespace(), b.GetNamespace()), cmp.Compare(a.GetName(), b.GetName()))
}

// ObjectNames returns the names of objects in their order; equal neighbours, of a kind and its companion, once.
func ObjectNames(objects []client.Object) []string {
	names := make([]string, len(objects))
	for i, obj := range objects {
		names[i] = obj.GetName()
	}
	return slices.Compact(names)
}

// ResolveArgs returns the objects that the arguments of a command choose, by name or by selector, and the client that read
// them. It prints a line if there are none.
func ResolveArgs(cmd *cobra.Command, f *factory.Factory, k *Descriptor, names []string, labels string) (client.Client, []client.Object, error) {
	selector, err := flag.ListOption(labels)
	if err != nil {
		return nil, nil, err
	}
	namespace, err := scopeOf(f, k)
	if err != nil {
		return nil, nil, err
	}
	c, err := f.NewClient(cmd)
	if err != nil {
		return nil, nil, err
	}
	find := &finder{client: c, kind: k, namespace: namespace}
	objects, err := find.findObjects(cmd.Context(), names, selector)
	if err != nil {
		return nil, nil, err
	}
	find.printNotes(cmd.ErrOrStderr())
	if len(objects) == 0 {
		output.Fprintf(cmd.ErrOrStderr(), "%s", k.noneFound(namespace))
	}
	return c, objects, nil
}

// scopeOf returns the namespace to find objects of a kind in; empty for a cluster-scoped kind.
func scopeOf(f *factory.Factory, k *Descriptor) (string, error) {
	if !k.Namespaced {
		return "", nil
	}
	return f.CurrentNamespace()
}
