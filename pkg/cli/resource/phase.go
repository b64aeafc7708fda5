package resource

import (
	"cmp"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// ReadyReason returns the reason of the condition Ready, and New before there is one.
func ReadyReason(conditions []metav1.Condition) string {
	if ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady); ready != nil && ready.Reason != "" {
		return ready.Reason
	}
	return v1alpha1.PhaseNew
}

// ReadyMessage returns the message of the condition Ready.
func ReadyMessage(conditions []metav1.Condition) string {
	if ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady); ready != nil {
		return ready.Message
	}
	return ""
}

// ReadyStatus returns the status of the condition Ready, and Unknown before there is one.
func ReadyStatus(conditions []metav1.Condition) metav1.ConditionStatus {
	if ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady); ready != nil {
		return ready.Status
	}
	return metav1.ConditionUnknown
}

// IsOver reports whether a backup or a restore in this phase has ended.
func IsOver(phase string) bool {
	return slices.Contains([]string{v1alpha1.PhaseCompleted, v1alpha1.PhasePartiallyFailed, v1alpha1.PhaseFailed}, phase)
}

// CheckRestorable returns an error unless the backup has ended and can be restored.
func CheckRestorable(backup *v1alpha1.BaselineBackup) error {
	conditions := backup.Status.Conditions
	phase := ReadyReason(conditions)
	switch {
	case ReadyStatus(conditions) == metav1.ConditionTrue:
		return nil
	case phase == v1alpha1.PhaseDeleting:
		return fmt.Errorf("backup %q is being deleted: take another one", backup.Name)
	case IsOver(phase):
		return fmt.Errorf("backup %q is %s and cannot be restored: %s", backup.Name, phase, ReadyMessage(conditions))
	default:
		return fmt.Errorf("backup %q is %s: wait until it is Completed, for example with `kubectl wait baselinebackup/%s --for=condition=Ready`", backup.Name, phase, backup.Name)
	}
}

// RecordPhase returns the phase of a record, and New before there is one.
func RecordPhase(record *v1alpha1.BaselineRecord) string {
	return cmp.Or(string(record.Result.Phase), v1alpha1.PhaseNew)
}
