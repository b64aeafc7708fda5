package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/pager"
)

// List implements Store. It reads only the indexes.
func (s *Secrets) List(ctx context.Context) ([]Entry, error) {
	secrets, err := s.listIndexes(ctx)
	if err != nil {
		return nil, err
	}
	var damaged []error
	entries := make([]Entry, 0, len(secrets))
	for _, secret := range secrets {
		decoded, err := decodeIndex(secret)
		if err != nil {
			damaged = append(damaged, err)
			continue
		}
		entries = append(entries, decoded.toEntry())
	}
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Name, b.Name) })
	return entries, errors.Join(damaged...)
}

func (s *Secrets) listIndexes(ctx context.Context) ([]*corev1.Secret, error) {
	page := func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		options.LabelSelector = selectPart(partIndex).String()
		return s.client.Secrets(s.namespace).List(ctx, options)
	}
	secrets, err := listAll[*corev1.Secret](ctx, page)
	if err != nil {
		return nil, fmt.Errorf("listing index Secrets in %s: %w", s.namespace, err)
	}
	return secrets, nil
}

// listAll returns the objects of all pages.
func listAll[T runtime.Object](ctx context.Context, page pager.ListPageFunc) ([]T, error) {
	list, _, err := pager.New(page).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	var objects []T
	err = meta.EachListItem(list, func(object runtime.Object) error {
		objects = append(objects, object.(T))
		return nil
	})
	return objects, err
}
