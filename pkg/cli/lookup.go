package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// getNamed reads the object of k that is called name. When there is none, the error names the nearest
// that there is.
func getNamed(ctx context.Context, c client.Reader, k *kind, namespace, name string) (client.Object, error) {
	if err := checkName(k.noun, name); err != nil {
		return nil, err
	}
	obj := k.newObject()
	err := c.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, obj)
	switch {
	case err == nil:
		return obj, nil
	case !apierrors.IsNotFound(err) || isNotServed(err):
		return nil, explain(fmt.Sprintf("read %s %q", k.noun, name), err)
	}
	return nil, &explained{
		text:  fmt.Sprintf("%s %q does not exist%s%s", k.noun, name, k.in(namespace), others(ctx, c, k, namespace, name)),
		cause: err,
	}
}

// others ends a message about a name that does not exist. Who may not list is told nothing more.
func others(ctx context.Context, c client.Reader, k *kind, namespace, name string) string {
	there, err := listAll(ctx, c, k, client.InNamespace(namespace))
	if err != nil {
		return ""
	}
	if len(there) == 0 && k.namespaced {
		return ": there is none, so say with -n where it is"
	}
	return ": " + suggestion(name, objectNames(there))
}

// getEach reads the objects called names, in that order, or all of k that match when there are no names.
// A missing one is an error before anything is done to the others.
func getEach(ctx context.Context, c client.Reader, k *kind, namespace string, names []string, options ...client.ListOption) ([]client.Object, error) {
	if len(names) == 0 {
		objects, err := listAll(ctx, c, k, append(options, client.InNamespace(namespace))...)
		return objects, explain("list "+k.plural(), err)
	}
	objects := make([]client.Object, 0, len(names))
	seen := map[string]bool{}
	for _, name := range names {
		if seen[name] {
			continue
		}
		seen[name] = true
		obj, err := getNamed(ctx, c, k, namespace, name)
		if err != nil {
			return nil, err
		}
		objects = append(objects, obj)
	}
	return objects, nil
}

// listPage is how many objects one request for a list asks for: a cluster may hold a restore for each of
// ten thousand namespaces.
const listPage = 500

// listAll reads every object of k that matches, in pages, sorted by namespace and name.
func listAll(ctx context.Context, c client.Reader, k *kind, options ...client.ListOption) ([]client.Object, error) {
	var objects []client.Object
	for token := ""; ; {
		list := k.newList()
		page := append(slices.Clone(options), client.Limit(listPage), client.Continue(token))
		if err := c.List(ctx, list, page...); err != nil {
			return nil, err
		}
		err := meta.EachListItem(list, func(item runtime.Object) error {
			objects = append(objects, item.(client.Object))
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read a list of %s: %w", k.plural(), err)
		}
		if token = list.GetContinue(); token == "" {
			break
		}
	}
	slices.SortFunc(objects, func(a, b client.Object) int {
		return cmp.Or(cmp.Compare(a.GetNamespace(), b.GetNamespace()), cmp.Compare(a.GetName(), b.GetName()))
	})
	return objects, nil
}

// objectNames are the names of objects, in their order.
func objectNames(objects []client.Object) []string {
	names := make([]string, len(objects))
	for i, obj := range objects {
		names[i] = obj.GetName()
	}
	return names
}

// chosen finds the objects that a command is about, by name or by selector, and the client to go on with. It says so when
// there are none.
func (t *tool) chosen(cmd *cobra.Command, k *kind, names []string, labels string) (client.Client, []client.Object, error) {
	selector, err := selectedBy(labels)
	if err != nil {
		return nil, nil, err
	}
	namespace, err := t.scope(k)
	if err != nil {
		return nil, nil, err
	}
	c, err := t.client(cmd)
	if err != nil {
		return nil, nil, err
	}
	objects, err := getEach(cmd.Context(), c, k, namespace, names, selector)
	if err == nil && len(objects) == 0 {
		say(cmd.ErrOrStderr(), "%s", k.noneFound(namespace))
	}
	return c, objects, err
}
