package namespace

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/records"
)

// adoptOrRelease returns the state of an Optional baseline whose record was sealed with a lost key: the namespace keeps its
// objects and gets no others. If an administrator adopts such records, a complete one is sealed again unchanged.
func (r *Reconciler) adoptOrRelease(ctx context.Context, namespace *corev1.Namespace, baseline *v1alpha1.Baseline, lost *v1alpha1.BaselineRecord) baselineState {
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
		return r.failures.addFailure(namespace, baselineState{baseline: lost.Name, reason: v1alpha1.ReasonKeyLost, message: err.Error()})
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

// describeUnrecorded returns the condition's reason and the error of a restore whose record could not be written. A refusal needs
// a change by a person; any other error is retried.
func describeUnrecorded(err error) (reason string, described error) {
	if records.IsRefusal(err) {
		return v1alpha1.ReasonRecordRefused, fmt.Errorf("its objects are restored, and its record is refused: %w", err)
	}
	return v1alpha1.ReasonRecordPending, fmt.Errorf("its objects are restored, and its record could not be written yet: %w", err)
}
