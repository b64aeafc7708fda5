package v1alpha1

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// PhaseOf returns the phase of a BaselineBackup or BaselineRestore, which is the reason of its condition Ready.
func PhaseOf(conditions []metav1.Condition) string {
	if ready := meta.FindStatusCondition(conditions, ConditionReady); ready != nil {
		return ready.Reason
	}
	return PhaseNew
}

// SetPhase sets the condition Ready to a phase.
func SetPhase(conditions *[]metav1.Condition, generation int64, phase, message string) {
	status := metav1.ConditionFalse
	switch phase {
	case PhaseCompleted:
		status = metav1.ConditionTrue
	case PhaseNew, PhaseInProgress:
		status = metav1.ConditionUnknown
	}
	meta.SetStatusCondition(conditions, metav1.Condition{
		Type: ConditionReady, Status: status, Reason: phase, Message: message, ObservedGeneration: generation,
	})
}

// Phase returns the phase of a backup.
func (b *BaselineBackup) Phase() string { return PhaseOf(b.Status.Conditions) }

// HasEnded reports whether a backup was captured or has failed.
func (b *BaselineBackup) HasEnded() bool { return IsFinalPhase(b.Phase()) }

// IsFinalPhase reports whether a backup or a restore in this phase has ended.
func IsFinalPhase(phase string) bool {
	return phase == PhaseCompleted || phase == PhasePartiallyFailed || phase == PhaseFailed
}

// IsUsable reports whether Baselines can use a backup: it is Completed, or it was when it was deleted and its content is
// kept for them.
func (b *BaselineBackup) IsUsable() bool {
	switch b.Phase() {
	case PhaseCompleted:
		return true
	case PhaseDeleting:
		return b.Status.Digest != "" && len(b.Status.Errors) == 0
	}
	return false
}

// IsRestorable reports whether users can restore a backup by hand. It may lack some of the selected objects.
func (b *BaselineBackup) IsRestorable() bool {
	phase := b.Phase()
	return phase == PhaseCompleted || phase == PhasePartiallyFailed
}
