package namespace

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/pkg/restore"
)

// checkVeleroHold sets the reason why the namespace is held for Velero, if a baseline is still to be restored.
func (r *Reconciler) checkVeleroHold(ctx context.Context, namespace *corev1.Namespace, known *snapshot) {
	if r.Velero != nil && known.isIncomplete() {
		known.held = r.Velero.Reason(ctx, namespace)
	}
}

// forgetVeleroHold removes a namespace that is gone from the hold.
func (r *Reconciler) forgetVeleroHold(namespace string) {
	if r.Velero != nil {
		r.Velero.Forget(namespace)
	}
}

// isIncomplete reports whether a baseline is not restored yet, or must be restored again.
func (s *snapshot) isIncomplete() bool {
	for _, choice := range s.decision.Choices {
		record := s.records[choice.Baseline]
		if record == nil || record.Result.Phase != v1alpha1.PhaseCompleted || record.Result.Provisional {
			return true
		}
	}
	return false
}

// waitForVelero returns the state of an Optional baseline of a held namespace, or nil if it is complete or need not wait. A
// Required baseline never waits: a tenant could keep it away with the name of Velero's field manager.
func (s *snapshot) waitForVelero(choice policy.Choice) *baselineState {
	record := s.records[choice.Baseline]
	if s.held == "" || choice.Required || record != nil && record.Result.Phase == v1alpha1.PhaseCompleted {
		return nil
	}
	return &baselineState{
		baseline: choice.Baseline, record: record, reason: v1alpha1.ReasonVeleroRestoring,
		message: fmt.Sprintf("baseline %s waits %s", choice.Baseline, s.held),
	}
}

// isRepeated reports whether a record is of a restore that ran beside Velero's, which has ended. All of it is repeated, because
// Velero may have overwritten objects.
func (s *snapshot) isRepeated(record *v1alpha1.BaselineRecord) bool {
	return record.Result.Provisional && s.held == ""
}

// restoredByVelero reports whether Velero restored the namespace and Seedbed has not completed it since. Its objects are the
// tenant's own, whatever their labels, and an Optional baseline only adds those that are missing.
func (r *Reconciler) restoredByVelero(namespace *corev1.Namespace, ready *corev1.NamespaceCondition) bool {
	return r.Velero != nil && policy.MadeByVelero(namespace) && (ready == nil || ready.Status != corev1.ConditionTrue)
}

// yieldToVelero makes the task of an Optional baseline keep every object that Velero restored.
func (r *Reconciler) yieldToVelero(task *restore.Task) {
	ready := v1alpha1.FindNamespaceCondition(r.conditionsOf(task.Namespace), v1alpha1.ConditionBaselineReady)
	if !task.Required && r.restoredByVelero(task.Namespace, ready) {
		task.Existing = v1alpha1.ExistingResourcesKeep
	}
}
