package resource

import (
	"cmp"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Ready returns the condition Ready: Unknown, with the phase New, before there is one.
func Ready(conditions []metav1.Condition) metav1.Condition {
	if ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady); ready != nil {
		return *ready
	}
	return metav1.Condition{Status: metav1.ConditionUnknown, Reason: v1alpha1.PhaseNew}
}

// CheckRestorable returns an error unless the backup has ended and can be restored.
func CheckRestorable(backup *v1alpha1.BaselineBackup) error {
	ready := Ready(backup.Status.Conditions)
	switch {
	case ready.Status == metav1.ConditionTrue:
		return nil
	case ready.Reason == v1alpha1.PhaseDeleting:
		return fmt.Errorf("backup %q is being deleted: take another one", backup.Name)
	case backup.HasEnded():
		return fmt.Errorf("backup %q is %s and cannot be restored: %s", backup.Name, ready.Reason, ready.Message)
	default:
		return fmt.Errorf("backup %q is %s: wait until it is Completed, for example with `kubectl wait baselinebackup/%s --for=condition=Ready`", backup.Name, ready.Reason, backup.Name)
	}
}

// RecordPhase returns the phase of a record, and New before there is one.
func RecordPhase(record *v1alpha1.BaselineRecord) string {
	return cmp.Or(string(record.Result.Phase), v1alpha1.PhaseNew)
}
