package controller

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// phaseOf returns the phase of a BaselineBackup or BaselineRestore, which is the reason of its condition Ready.
func phaseOf(conditions []metav1.Condition) string {
	if ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady); ready != nil {
		return ready.Reason
	}
	return v1alpha1.PhaseNew
}

// usable reports whether Baselines can use a backup: it is Completed, or it was when it was deleted and its content is kept for
// them.
func usable(backup *v1alpha1.BaselineBackup) bool {
	switch phaseOf(backup.Status.Conditions) {
	case v1alpha1.PhaseCompleted:
		return true
	case v1alpha1.PhaseDeleting:
		return backup.Status.Digest != "" && len(backup.Status.Errors) == 0
	}
	return false
}

// usableByHand reports whether users can restore a backup, which may lack some of the selected objects.
func usableByHand(backup *v1alpha1.BaselineBackup) bool {
	phase := phaseOf(backup.Status.Conditions)
	return phase == v1alpha1.PhaseCompleted || phase == v1alpha1.PhasePartiallyFailed
}

// setPhase sets the condition Ready to a phase.
func setPhase(conditions *[]metav1.Condition, generation int64, phase, message string) {
	status := metav1.ConditionFalse
	switch phase {
	case v1alpha1.PhaseCompleted:
		status = metav1.ConditionTrue
	case v1alpha1.PhaseNew, v1alpha1.PhaseInProgress:
		status = metav1.ConditionUnknown
	}
	meta.SetStatusCondition(conditions, metav1.Condition{
		Type: v1alpha1.ConditionReady, Status: status, Reason: phase, Message: message, ObservedGeneration: generation,
	})
}
