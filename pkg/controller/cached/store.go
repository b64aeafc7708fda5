package cached

import (
	"context"
	"fmt"

	toolscache "k8s.io/client-go/tools/cache"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Store has the objects of a kind in the cache of a manager. A list by the manager's client copies the struct of each object: 10 MB
// for ten thousand namespaces and their records.
type Store[T client.Object] struct{ cached toolscache.Store }

// NewStore returns the store of the kind of an example. It makes the cache watch that kind.
func NewStore[T client.Object](mgr ctrl.Manager, example T) (*Store[T], error) {
	//nolint:forbidigo // the informer lives as long as the cache
	informer, err := mgr.GetCache().GetInformer(context.Background(), example)
	if err != nil {
		return nil, fmt.Errorf("watching %T: %w", example, err)
	}
	shared, ok := informer.(toolscache.SharedInformer)
	if !ok {
		return nil, fmt.Errorf("the informer of %T is a %T, which has no store", example, informer)
	}
	return &Store[T]{shared.GetStore()}, nil
}

// List returns all objects, in no order. They are shared with the cache, and must not be changed.
func (s *Store[T]) List() []T {
	all := s.cached.List()
	objects := make([]T, 0, len(all))
	for _, each := range all {
		if object, ok := each.(T); ok {
			objects = append(objects, object)
		}
	}
	return objects
}
