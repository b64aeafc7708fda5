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
		v1alpha1.PhaseCompleted:       {status: metav1.ConditionTrue, refused: ""},
		v1alpha1.PhasePartiallyFailed: {status: metav1.ConditionFalse, refused: `backup "foo" is PartiallyFailed and cannot be restored: said`},
		v1alpha1.PhaseFailed:          {status: metav1.ConditionFalse, refused: `backup "foo" is Failed and cannot be restored: said`},
		v1alpha1.PhaseInProgress:      {status: metav1.ConditionUnknown, refused: `backup "foo" is InProgress: wait until it is Completed`},
		v1alpha1.PhaseDeleting:        {status: metav1.ConditionFalse, refused: `backup "foo" is being deleted`},
		v1alpha1.PhaseNew:             {status: metav1.ConditionUnknown, refused: `backup "foo" is New: wait until it is Completed`},
	} {
		t.Run(phase, func(t *testing.T) {
			backup := &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: "foo"}}
			backup.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: test.status, Reason: phase, Message: "said"}}
			check.Error(t, CheckRestorable(backup), test.refused)
		})
	}
}
