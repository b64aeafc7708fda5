package namespace

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
)

func TestRefusalsThatARecordAnswers(t *testing.T) {
	record := func(phase v1alpha1.RestorePhase) map[string]*v1alpha1.BaselineRecord {
		return map[string]*v1alpha1.BaselineRecord{"web": {Result: v1alpha1.RestoreResult{Phase: phase}}}
	}
	baselines := map[string]*v1alpha1.Baseline{"web": {}}
	tests := map[string]struct {
		snapshot snapshot
		reason   string
		forgiven bool
		settled  bool
	}{
		"no record":                              {snapshot{baselines: baselines}, v1alpha1.ReasonNotAuthorized, false, false},
		"complete, its baseline is gone":         {snapshot{records: record(v1alpha1.PhaseCompleted)}, v1alpha1.ReasonBaselineNotFound, true, true},
		"unfinished, closed to the namespace":    {snapshot{records: record(v1alpha1.PhasePartiallyFailed), baselines: baselines}, v1alpha1.ReasonNotAllowed, false, false},
		"unfinished, never reviewed any more":    {snapshot{records: record(v1alpha1.PhasePartiallyFailed), baselines: baselines}, v1alpha1.ReasonNotAuthorized, true, false},
		"its key is lost, and the policies' age": {snapshot{lost: record(v1alpha1.PhaseCompleted), baselines: baselines}, v1alpha1.ReasonNotAuthorized, true, false},
		"its key is lost, closed":                {snapshot{lost: record(v1alpha1.PhaseCompleted), baselines: baselines}, v1alpha1.ReasonNotAllowed, false, false},
		"its key is lost, its baseline is gone":  {snapshot{lost: record(v1alpha1.PhaseCompleted)}, v1alpha1.ReasonBaselineNotFound, false, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			refusal := policy.Refusal{Baseline: "web", Reason: test.reason}
			s := test.snapshot
			s.decision.Refusals = []policy.Refusal{refusal}
			s.dropSatisfiedRefusals()
			want := policy.Decision{Refusals: []policy.Refusal{refusal}}
			if test.forgiven {
				want = policy.Decision{Choices: []policy.Choice{{Baseline: "web", Asked: true, Unreviewed: !test.settled, Settled: test.settled}}}
			}
			if diff := cmp.Diff(want, s.decision, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
