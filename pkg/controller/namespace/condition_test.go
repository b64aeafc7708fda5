package namespace

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
)

func TestReadyConditionOrder(t *testing.T) {
	done := func(name string) baselineState { return baselineState{baseline: name, done: true} }
	failed := baselineState{baseline: "f", reason: v1alpha1.ReasonRestoreFailed, message: "failed"}
	waits := baselineState{baseline: "w", reason: v1alpha1.ReasonBaselineNotReady, message: "waits"}
	refusal := policy.Refusal{Baseline: "r", Reason: v1alpha1.ReasonNotAllowed, Message: "refused"}
	ready := func(status corev1.ConditionStatus, reason, message string) *corev1.NamespaceCondition {
		return &corev1.NamespaceCondition{Type: v1alpha1.ConditionBaselineReady, Status: status, Reason: reason, Message: message}
	}
	tests := map[string]struct {
		refusals []policy.Refusal
		states   []baselineState
		released []string
		want     *corev1.NamespaceCondition
	}{
		"no baseline, no condition":           {},
		"all restored":                        {states: []baselineState{done("a"), done("b")}, want: ready("True", v1alpha1.ReasonRestored, "restored: a, b")},
		"one is released":                     {states: []baselineState{done("a"), done("b")}, released: []string{"b"}, want: ready("True", v1alpha1.ReasonRestored, "restored: a; held, but not restored again if its record is deleted: b")},
		"all are released":                    {released: []string{"b", "c"}, want: ready("True", v1alpha1.ReasonRestored, "held, but not restored again if its record is deleted: b, c")},
		"a failure beside a released one":     {states: []baselineState{failed}, released: []string{"b"}, want: ready("False", v1alpha1.ReasonRestoreFailed, "failed")},
		"one failed":                          {states: []baselineState{done("a"), failed}, want: ready("False", v1alpha1.ReasonRestoreFailed, "failed")},
		"a failure comes before what waits":   {states: []baselineState{waits, failed}, want: ready("False", v1alpha1.ReasonRestoreFailed, "failed")},
		"the first failure is told":           {states: []baselineState{failed, {reason: v1alpha1.ReasonRestoreFailed, message: "second"}}, want: ready("False", v1alpha1.ReasonRestoreFailed, "failed")},
		"a refusal comes before everything":   {refusals: []policy.Refusal{refusal}, states: []baselineState{done("a"), failed}, want: ready("False", v1alpha1.ReasonNotAllowed, "refused")},
		"a refusal alone, nothing to restore": {refusals: []policy.Refusal{refusal}, want: ready("False", v1alpha1.ReasonNotAllowed, "refused")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, readyCondition(test.refusals, test.states, test.released)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
