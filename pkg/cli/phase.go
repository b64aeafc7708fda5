package cli

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// phase is the reason of the condition Ready, and New before there is one.
func phase(conditions []metav1.Condition) string {
	if ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady); ready != nil && ready.Reason != "" {
		return ready.Reason
	}
	return v1alpha1.PhaseNew
}

// readyMessage is what the condition Ready says beside its reason.
func readyMessage(conditions []metav1.Condition) string {
	if ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady); ready != nil {
		return ready.Message
	}
	return ""
}

// readyStatus is True, False or Unknown.
func readyStatus(conditions []metav1.Condition) metav1.ConditionStatus {
	if ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady); ready != nil {
		return ready.Status
	}
	return metav1.ConditionUnknown
}

// isOver says whether a backup or a restore in this phase has ended, well or not.
func isOver(phase string) bool {
	return slices.Contains([]string{v1alpha1.PhaseCompleted, v1alpha1.PhasePartiallyFailed, v1alpha1.PhaseFailed}, phase)
}
