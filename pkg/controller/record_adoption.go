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
// objects and gets nothing more. Where an administrator adopts such records, a complete one is sealed anew as it stands.
func (r *NamespaceReconciler) adoptOrRelease(ctx context.Context, namespace *corev1.Namespace, baseline *v1alpha1.Baseline, lost *v1alpha1.BaselineRecord) baselineState {
	// What is unfinished names the backup to go on with, which nobody proves.
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
	if record == nil { // somebody was quicker
		return releasedState(lost)
	}
	log.FromContext(ctx).Info("Adopted a record whose key is lost", "namespace", namespace.Name, "baseline", lost.Name)
	return r.assume(namespace, record)
}

// isAdopted reports whether an administrator had the records of a Baseline adopted after this very loss.
func isAdopted(baseline *v1alpha1.Baseline, lostSince time.Time) bool {
	return baseline != nil && !lostSince.IsZero() && baseline.Annotations[v1alpha1.AnnotationAdopt] == lostSince.UTC().Format(time.RFC3339)
}

func releasedState(lost *v1alpha1.BaselineRecord) baselineState {
	if lost.Result.Phase == v1alpha1.PhaseCompleted {
		return baselineState{baseline: lost.Name, done: true}
	}
	return baselineState{
		baseline: lost.Name, reason: v1alpha1.ReasonKeyLost,
		message: fmt.Sprintf("baseline %s left something undone, and the key of its record is lost: delete the record to have it restored again", lost.Name),
	}
}

// adopt seals a record anew that was sealed with a lost key; it returns nil where there is none any more.
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
