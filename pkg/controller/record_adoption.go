package controller

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/seal"
)

// adoptOrRelease returns the state of an Optional baseline whose record was sealed with a lost key: the namespace keeps its
// objects and gets no others. If an administrator adopts such records, a complete one is sealed again unchanged.
func (r *NamespaceReconciler) adoptOrRelease(ctx context.Context, namespace *corev1.Namespace, baseline *v1alpha1.Baseline, lost *v1alpha1.BaselineRecord) baselineState {
	// An incomplete record names the backup to continue with, and nothing proves that name.
	if !isAdopted(baseline, r.Sealer.LostSince()) || lost.Result.Phase != v1alpha1.PhaseCompleted {
		return releasedState(lost)
	}
	if waiting := r.waitForReview(baseline); waiting != nil {
		released := releasedState(lost)
		released.requeueAfter = waiting.requeueAfter
		return released
	}
	record, err := r.records.Adopt(ctx, namespace, lost.Name)
	if err != nil {
		return r.failures.add(namespace, baselineState{baseline: lost.Name, reason: v1alpha1.ReasonKeyLost, message: err.Error()})
	}
	if record == nil { // another writer replaced or deleted it
		return releasedState(lost)
	}
	log.FromContext(ctx).Info("Adopted a record whose key is lost", "namespace", namespace.Name, "baseline", lost.Name)
	return r.assumeRecord(namespace, record)
}

// isAdopted reports whether an administrator adopted the records of a Baseline after this loss of the keys.
func isAdopted(baseline *v1alpha1.Baseline, lostSince time.Time) bool {
	return baseline != nil && !lostSince.IsZero() && baseline.Annotations[v1alpha1.AnnotationAdopt] == lostSince.UTC().Format(time.RFC3339)
}

// releasedState returns the state of a baseline whose record is not adopted.
func releasedState(lost *v1alpha1.BaselineRecord) baselineState {
	if lost.Result.Phase == v1alpha1.PhaseCompleted {
		return baselineState{baseline: lost.Name, done: true}
	}
	return baselineState{
		baseline: lost.Name, reason: v1alpha1.ReasonKeyLost,
		message: fmt.Sprintf("baseline %s is incomplete, and the key of its record is lost: delete the record to restore the baseline again", lost.Name),
	}
}

// Adopt seals a complete record again that was sealed with a lost key. It returns nil if there is no such record any more.
func (s *recordStore) Adopt(ctx context.Context, namespace *corev1.Namespace, baseline string) (*v1alpha1.BaselineRecord, error) {
	record, err := s.getLive(ctx, namespace.Name, baseline)
	if err != nil || record == nil {
		return nil, err
	}
	if record.DeletionTimestamp != nil || !ownedBy(record, namespace.UID) || s.sealer.Verify(record) != seal.Lost ||
		record.Result.Phase != v1alpha1.PhaseCompleted {
		return nil, nil
	}
	return s.Write(ctx, namespace, baseline, record, &record.Result)
}
