package authorization

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/kube"
	"seedbed.dev/seedbed/pkg/policy"
)

// Records reports which baselines namespaces hold.
type Records interface {
	// HasSealedRecord reports whether the namespace of that UID has a record of the baseline that is provably Seedbed's.
	HasSealedRecord(ctx context.Context, namespace string, uid types.UID, baseline string) (bool, error)
}

const (
	// pageSize is the number of namespaces per page.
	pageSize = 500
	// marksAtOnce is an upper bound of writes in flight.
	marksAtOnce = 8
)

// marker marks namespaces whose annotation was not reviewed.
type marker struct {
	client       kubernetes.Interface
	ownNamespace string
	records      Records
}

// markAll marks each namespace that was created before a time and asks for a baseline which it has no record of. It returns
// how many it marked, and the digests of those whose mark is refused for good: one namespace must not hold up all others.
func (m *marker) markAll(ctx context.Context, before time.Time) (marked int, refused map[types.UID]string, err error) {
	refused = map[types.UID]string{}
	next := ""
	for {
		page, err := m.client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{Limit: pageSize, Continue: next})
		if err != nil {
			return marked, nil, fmt.Errorf("listing namespaces: %w", err)
		}
		count, err := m.markPage(ctx, page.Items, before, refused)
		marked += count
		if err != nil {
			return marked, nil, err
		}
		if len(refused) > maxRefused {
			return marked, nil, fmt.Errorf("the marks of more than %d namespaces are refused: see what refuses annotation %s", maxRefused, v1alpha1.AnnotationNotAuthorized)
		}
		if next = page.Continue; next == "" {
			return marked, refused, nil
		}
	}
}

func (m *marker) markPage(ctx context.Context, namespaces []corev1.Namespace, before time.Time, refused map[types.UID]string) (int, error) {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(marksAtOnce)
	count := 0
	var mu sync.Mutex
	for i := range namespaces {
		namespace := &namespaces[i]
		isDue, err := m.isDue(groupCtx, namespace, before)
		if err != nil {
			return 0, err
		}
		if !isDue {
			continue
		}
		count++
		group.Go(func() error {
			err := m.markNamespace(groupCtx, namespace)
			if !isRefusedForGood(err) {
				return err
			}
			log.FromContext(ctx).Error(err, "Could not mark a namespace, whose annotation counts as not authorized all the same", "namespace", namespace.Name)
			mu.Lock()
			defer mu.Unlock()
			refused[namespace.UID] = policy.AnnotationDigest(namespace)
			return nil
		})
	}
	return count, group.Wait()
}

// isRefusedForGood reports whether the same write would be refused retry: there is no room, or a policy of the cluster forbids it.
func isRefusedForGood(err error) bool {
	return apierrors.IsInvalid(err) || apierrors.IsForbidden(err) || apierrors.IsBadRequest(err) || apierrors.IsRequestEntityTooLargeError(err)
}

// isDue reports whether a namespace has to be marked.
func (m *marker) isDue(ctx context.Context, namespace *corev1.Namespace, before time.Time) (bool, error) {
	value, asks := namespace.Annotations[v1alpha1.AnnotationBaseline]
	if !asks || !namespace.CreationTimestamp.Time.Before(before) || namespace.DeletionTimestamp != nil ||
		policy.Excluded(namespace.Name, m.ownNamespace) || policy.IsMarked(namespace) {
		return false, nil
	}
	names, _, err := policy.ParseAnnotation(value)
	if err != nil {
		return true, nil //nolint:nilerr // a later version may accept the value, which was not reviewed
	}
	for _, name := range names {
		has, err := m.records.HasSealedRecord(ctx, namespace.Name, namespace.UID, name)
		if err != nil || !has {
			return err == nil, err
		}
	}
	return false, nil
}

// markNamespace sets the mark for the value that the namespace had when it was listed. A value set since then was reviewed.
func (m *marker) markNamespace(ctx context.Context, namespace *corev1.Namespace) error {
	marked := map[string]string{v1alpha1.AnnotationNotAuthorized: policy.AnnotationDigest(namespace)}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"uid": namespace.UID, "annotations": marked}})
	if err != nil {
		return fmt.Errorf("marking namespace %s: %w", namespace.Name, err)
	}
	_, err = m.client.CoreV1().Namespaces().Patch(ctx, namespace.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: v1alpha1.FieldManager})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) || kube.IsUIDMismatch(err) {
		return nil // another namespace of that name was created since, under the policies
	}
	if err != nil {
		return fmt.Errorf("marking namespace %s: %w", namespace.Name, err)
	}
	return nil
}
