package resource

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/check"
)

func TestCheckRestorable(t *testing.T) {
	for phase, test := range map[string]struct {
		status  metav1.ConditionStatus
		refused string
	}{
		v1alpha1.PhaseCompleted:       {metav1.ConditionTrue, ""},
		v1alpha1.PhasePartiallyFailed: {metav1.ConditionFalse, `backup "foo" is PartiallyFailed and cannot be restored: said`},
		v1alpha1.PhaseFailed:          {metav1.ConditionFalse, `backup "foo" is Failed and cannot be restored: said`},
		v1alpha1.PhaseInProgress:      {metav1.ConditionUnknown, `backup "foo" is InProgress: wait until it is Completed`},
		v1alpha1.PhaseDeleting:        {metav1.ConditionFalse, `backup "foo" is being deleted`},
		v1alpha1.PhaseNew:             {metav1.ConditionUnknown, `backup "foo" is New: wait until it is Completed`},
	} {
		t.Run(phase, func(t *testing.T) {
			backup := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: "foo"}}
			backup.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: test.status, Reason: phase, Message: "said"}}
			check.Error(t, CheckRestorable(backup), test.refused)
		})
	}
}
