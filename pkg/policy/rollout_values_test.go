package policy_test

import (
	"slices"
	"testing"
	"time"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
)

// A namespace whose own labels outdate or fail it holds up no other: it is admitted, and the step goes on.
func TestLabelsOfOneNamespaceHoldUpNoStep(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	view := policy.RolloutView{
		Rollout: &v1alpha1.BaselineRollout{}, Hash: "r2", Now: now,
		Holders: []policy.Holder{
			{Namespace: "a", State: policy.HolderOutdated, ValuesOnly: true}, {Namespace: "b", State: policy.HolderFailed, ValuesOnly: true},
			{Namespace: "c", State: policy.HolderOutdated}, {Namespace: "d", State: policy.HolderOutdated},
		},
	}
	decision := policy.NextRollout(view)
	if !slices.Equal(decision.Admit, []string{"a", "c", "d"}) {
		t.Errorf("admitted: %v in step %d, %s", decision.Admit, decision.Status.Step, decision.Condition.Reason)
	}
	view.Holders[2].State, view.Holders[3].State = policy.HolderUpdated, policy.HolderUpdated
	view.Status = decision.Status
	decision = policy.NextRollout(view)
	if decision.Status.CompletionTimestamp == nil || decision.Condition.Reason == v1alpha1.ReasonTooManyFailures || decision.Condition.Reason == v1alpha1.ReasonRolledOut {
		t.Errorf("completed at %v, %s", decision.Status.CompletionTimestamp, decision.Condition.Reason)
	}
}
