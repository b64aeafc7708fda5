package resource

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// ListPage is the number of objects in one page of a list: a cluster may have a record for each of ten thousand namespaces.
const ListPage = 500

// VisitPages calls visit for each page of the objects of a kind that match. It keeps none.
func VisitPages(ctx context.Context, c client.Reader, k *Descriptor, visit func([]client.Object), options ...client.ListOption) error {
	for token := ""; ; {
		list := k.List.DeepCopyObject().(client.ObjectList)
		page := append(slices.Clone(options), client.Limit(ListPage), client.Continue(token))
		if err := c.List(ctx, list, page...); err != nil {
			return err
		}
		var objects []client.Object
		err := meta.EachListItem(list, func(item runtime.Object) error {
			objects = append(objects, item.(client.Object))
			return nil
		})
		if err != nil {
			return fmt.Errorf("reading a list of %s: %w", k.plural(), err)
		}
		visit(objects)
		if token = list.GetContinue(); token == "" {
			return nil
		}
	}
}

// List returns every object of a kind that matches, and none of its companion. It reads pages, and sorts by namespace and name.
func List(ctx context.Context, c client.Reader, k *Descriptor, options ...client.ListOption) ([]client.Object, error) {
	var objects []client.Object
	err := VisitPages(ctx, c, k, func(page []client.Object) { objects = append(objects, page...) }, options...)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(objects, compareNames)
	return objects, nil
}
