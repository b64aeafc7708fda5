package rollout

import (
	"testing"
	"time"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestFormatProgress(t *testing.T) {
	for name, test := range map[string]struct {
		baseline *v1alpha1.Baseline
		want     string
	}{
		"progressing":       {newBaseline(), "step 2 of 3 (tenth): 20 of 30 updated"},
		"soaking":           {newBaseline(soaking), "step 2 of 3 (tenth): soaking, 7m left"},
		"awaiting approval": {newBaseline(withReason(v1alpha1.ReasonAwaitingApproval, "")), "step 2 of 3 (tenth): waiting for approval"},
		"paused":            {newBaseline(withReason(v1alpha1.ReasonPaused, ""), withAnnotation(v1alpha1.AnnotationRolloutPaused, "")), "step 2 of 3 (tenth): paused"},
		"stopped":           {newBaseline(withReason(v1alpha1.ReasonTooManyFailures, "")), "step 2 of 3 (tenth): stopped by failures"},
		"not ready":         {newBaseline(withReason(v1alpha1.ReasonBaselineNotReady, "")), "step 2 of 3 (tenth): waiting for the baseline to be ready"},
		"the last step":     {newBaseline(func(b *v1alpha1.Baseline) { b.Status.Rollout.Step = 3 }), "step 3 of 3: 20 of 30 updated"},
		"fewer steps":       {newBaseline(func(b *v1alpha1.Baseline) { b.Status.Rollout.Step = 9 }), "now"},
		"not requested":     {newBaseline(withoutRollout, withReason(v1alpha1.ReasonNotRequested, "")), "not requested"},
		"rolled out":        {newBaseline(withReason(v1alpha1.ReasonRolledOut, "")), "rolled out"},
		"not observed":      {newBaseline(func(b *v1alpha1.Baseline) { b.Generation++ }), "step 2 of 3 (tenth): before the latest change"},
		"new":               {&v1alpha1.Baseline{}, "no revision yet"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := FormatProgress(test.baseline, noon.Add(-30*time.Second)); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
