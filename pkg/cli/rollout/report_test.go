package rollout

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/resource"
	"seedbed.dev/seedbed/test/check"
)

func TestReport(t *testing.T) {
	failed := []*v1alpha1.BaselineRecord{
		updatedRecord("pay-03", at(0), v1alpha1.PhasePartiallyFailed, []v1alpha1.ObjectResult{{Object: "secrets/pull", Result: v1alpha1.ResultFailed, Reason: "forbidden"}}),
		updatedRecord("pay-04", at(0), v1alpha1.PhasePartiallyFailed, nil, "one \x1b[31mred", "two", "three", "four", "five"),
		updatedRecord("pay-05", at(0), v1alpha1.PhasePartiallyFailed, nil),
		{ObjectMeta: metav1.ObjectMeta{Namespace: "pay-06"}, Result: v1alpha1.RestoreResult{Phase: v1alpha1.PhasePartiallyFailed, Errors: []string{"services/web: no"}}},
		updatedRecord("pay-07", at(0), v1alpha1.PhaseCompleted, nil),
	}
	stopped := withReason(v1alpha1.ReasonTooManyFailures, "4 updates failed, and 1 may fail")
	for name, test := range map[string]struct {
		baseline *v1alpha1.Baseline
		held     resource.Holders
	}{
		"progressing": {baseline: newBaseline()},
		"soaking": {
			baseline: newBaseline(withCounts(30, 30, 0, 2), soaking),
			held:     resource.Holders{Records: keptRecords(2)},
		},
		"soaking-no-permission": {
			baseline: newBaseline(withCounts(30, 30, 0, 2), soaking),
			held:     resource.Holders{Unknown: "you may not list baselinerecords of all namespaces"},
		},
		"awaiting-approval": {baseline: newBaseline(withCounts(30, 30, 0, 0), withReason(v1alpha1.ReasonAwaitingApproval, "step 2 of 3 (tenth) waits"))},
		"approved":          {baseline: newBaseline(withCounts(30, 30, 0, 0), withReason(v1alpha1.ReasonAwaitingApproval, "step 2 of 3 (tenth) waits"), withAnnotation(v1alpha1.AnnotationRolloutApproved, newHash+"/2"))},
		"paused":            {baseline: newBaseline(withReason(v1alpha1.ReasonPaused, "paused"), withAnnotation(v1alpha1.AnnotationRolloutPaused, ""))},
		"pausing":           {baseline: newBaseline(withAnnotation(v1alpha1.AnnotationRolloutPaused, "true"))},
		"stopped":           {baseline: newBaseline(withCounts(30, 12, 4, 0), stopped), held: resource.Holders{Records: failed}},
		"many-kept":         {baseline: newBaseline(withCounts(30, 30, 0, 22)), held: resource.Holders{Records: keptRecords(22)}},
		"not-requested":     {baseline: newBaseline(withoutRollout, withReason(v1alpha1.ReasonNotRequested, "280 namespaces hold older content"))},
		"rolled-out":        {baseline: newBaseline(withCounts(300, 300, 0, 0), withReason(v1alpha1.ReasonRolledOut, "300 namespaces have revision 7"))},
		"skipping":          {baseline: newBaseline(withCounts(300, 100, 0, 0), withAnnotation(v1alpha1.AnnotationRolloutSkipSteps, newHash))},
		"not-observed":      {baseline: newBaseline(func(b *v1alpha1.Baseline) { b.Generation++ })},
		"not-ready":         {baseline: newBaseline(withReason(v1alpha1.ReasonBaselineNotReady, "its backup is not there"))},
		"new":               {baseline: &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: v1alpha1.BaselineSpec{Backup: "pull-v1", Rollout: &v1alpha1.BaselineRollout{}}}},
	} {
		t.Run(name, func(t *testing.T) {
			r := &report{program: "seedbed", baseline: test.baseline, held: test.held, now: noon.Add(-30 * time.Second)}
			check.Golden(t, r.text(), "status", name+".txt")
		})
	}
}
