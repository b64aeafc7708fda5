package records

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/kube"
	"seedbed.dev/seedbed/pkg/seal"
)

// PreviousKey is the replaced key of records; pkg/seal implements it.
type PreviousKey interface {
	// Exists reports whether there is one.
	Exists() bool
	// Sealed reports whether it sealed a record, which must be whole.
	Sealed(record *v1alpha1.BaselineRecord) bool
	// Remove removes it.
	Remove(ctx context.Context) error
}

// Resealer seals records again after their key was replaced, and removes the previous key once it seals no record. No other
// write reaches complete records, whose seals would become worthless at the next replacement.
type Resealer struct {
	Records  *Store
	Previous PreviousKey
}

const (
	// resealEvery is the delay before the records are read again: after an error, and to verify that none is left.
	resealEvery = 5 * time.Second
	// resealPage is the number of records per page.
	resealPage = 100
)

// Start implements manager.Runnable. It runs on the leader only: earlier leaders, which had other keys, have ended.
func (r *Resealer) Start(ctx context.Context) error {
	if !r.Previous.Exists() {
		return nil
	}
	_ = wait.PollUntilContextCancel(ctx, resealEvery, true, func(ctx context.Context) (bool, error) { // ends with ctx
		resealed, err := r.resealAll(ctx)
		if err == nil && resealed == 0 {
			err = r.Previous.Remove(ctx)
		}
		if err != nil && ctx.Err() == nil {
			log.FromContext(ctx).Error(err, "Could not reseal the records of the previous key", "retryAfter", resealEvery)
		}
		if resealed > 0 {
			log.FromContext(ctx).Info("Resealed the records of the previous key", "records", resealed)
		}
		return err == nil && resealed == 0, nil
	})
	return nil
}

// resealAll seals the records of the previous key again. It returns their number and the first error: one record does not delay
// the others.
func (r *Resealer) resealAll(ctx context.Context) (resealed int, first error) {
	next := ""
	for {
		var page v1alpha1.BaselineRecordList
		if err := r.Records.Live.List(ctx, &page, client.Limit(resealPage), client.Continue(next)); err != nil {
			return resealed, fmt.Errorf("listing records: %w", err)
		}
		for i := range page.Items {
			record := &page.Items[i]
			if record.DeletionTimestamp != nil || !r.Previous.Sealed(record) {
				continue
			}
			resealed++
			if err := r.Records.resealRecord(ctx, record); err != nil && first == nil {
				first = err
			}
		}
		if next = page.Continue; next == "" {
			return resealed, first
		}
	}
}

// resealRecord writes a record unchanged with a seal of the current key. A record that was deleted needs none.
func (s *Store) resealRecord(ctx context.Context, record *v1alpha1.BaselineRecord) error {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: record.Namespace, UID: record.NamespaceUID()}}
	_, err := s.Write(ctx, namespace, record.Name, record, ContentOf(record))
	if errors.Is(err, kube.ErrGone) || errors.Is(err, ErrDeleted) {
		return nil
	}
	return err
}

// Adopt seals a complete record again that was sealed with a lost key. It returns nil if there is no such record any more.
func (s *Store) Adopt(ctx context.Context, namespace *corev1.Namespace, baseline string) (*v1alpha1.BaselineRecord, error) {
	record, err := s.getLive(ctx, namespace.Name, baseline)
	if err != nil || record == nil {
		return nil, err
	}
	if record.DeletionTimestamp != nil || !IsOwnedBy(record, namespace.UID) || s.Sealer.Verify(record) != seal.Lost ||
		record.Result.Phase != v1alpha1.PhaseCompleted {
		return nil, nil
	}
	return s.Write(ctx, namespace, baseline, record, ContentOf(record))
}
