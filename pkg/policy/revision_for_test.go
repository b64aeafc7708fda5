package policy

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestRevisionFor(t *testing.T) {
	steps := rolloutWith(labelStep("a"), labelStep("b"), countStep("50%"))
	newest := rolloutWith(labelStep("a"))
	newest.NewNamespaces = v1alpha1.NewNamespacesNewest
	// historyOf returns a history in which revisions of these numbers were rolled out, one after the other; 3 is the present one.
	historyOf := func(rolledOut ...int64) []v1alpha1.BaselineRevision {
		history := []v1alpha1.BaselineRevision{{Revision: 3}, {Revision: 2}, {Revision: 1}}
		for i, number := range rolledOut {
			history[3-number].RolledOutTimestamp = &metav1.Time{Time: noon.Add(time.Duration(i) * time.Minute)}
		}
		return history
	}
	tests := map[string]struct {
		rollout *v1alpha1.BaselineRollout
		status  *v1alpha1.RolloutStatus
		history []v1alpha1.BaselineRevision
		team    string
		skip    string // the annotation
		stale   bool   // the status is of an earlier generation
		unknown bool   // the status has no present revision
		want    int64  // 0 for the present one
	}{
		"no rollout":                                   {history: historyOf(2)},
		"no rollout and a stale status":                {history: historyOf(2), stale: true},
		"the newest at once":                           {rollout: newest, status: inStep(1), history: historyOf(2)},
		"the newest at once with a stale status":       {rollout: newest, status: inStep(1), history: historyOf(2), stale: true},
		"during a rollout":                             {rollout: steps, status: inStep(1), history: historyOf(1, 2), want: 2},
		"the one before was never rolled out":          {rollout: steps, status: inStep(1), history: historyOf(1), want: 1},
		"none was rolled out":                          {rollout: steps, status: inStep(1), history: historyOf()},
		"no history":                                   {rollout: steps, status: inStep(1)},
		"the present step selects it":                  {rollout: steps, status: inStep(1), history: historyOf(2), team: "a"},
		"a step before selects it":                     {rollout: steps, status: inStep(2), history: historyOf(2), team: "a"},
		"a later step selects it":                      {rollout: steps, status: inStep(1), history: historyOf(2), team: "b", want: 2},
		"a step by count selects none":                 {rollout: steps, status: inStep(3), history: historyOf(2), team: "c", want: 2},
		"the last step is not complete":                {rollout: steps, status: inStep(4), history: historyOf(2), team: "c", want: 2},
		"the last step and an earlier selector":        {rollout: steps, status: inStep(4), history: historyOf(2), team: "b"},
		"complete":                                     {rollout: steps, status: completed(inStep(4)), history: historyOf(2)},
		"another revision was complete":                {rollout: steps, status: completed(ofRevision("old", inStep(4))), history: historyOf(2), want: 2},
		"another revision's step selects it":           {rollout: steps, status: ofRevision("old", inStep(1)), history: historyOf(2), team: "a", want: 2},
		"no rollout status yet":                        {rollout: steps, history: historyOf(2), team: "a", want: 2},
		"the present one was rolled out earlier":       {rollout: steps, status: inStep(1), history: historyOf(3, 2), want: 2},
		"a return to the last that was rolled out":     {rollout: steps, status: inStep(1), history: historyOf(1, 3), want: 3},
		"a backup that is not ready":                   {rollout: steps, status: completed(inStep(4)), history: historyOf(2, 3), unknown: true, want: 3},
		"steps are skipped":                            {rollout: steps, status: inStep(1), history: historyOf(2), skip: rolloutHash},
		"steps of another revision are skipped":        {rollout: steps, status: inStep(1), history: historyOf(2), skip: "old", want: 2},
		"an edited step":                               {rollout: steps, status: inStep(-1), history: historyOf(2), team: "a", want: 2},
		"no present revision and no annotation":        {rollout: steps, history: historyOf(2), unknown: true, want: 2},
		"a stale status: the last that was rolled out": {rollout: steps, status: completed(inStep(4)), history: historyOf(2, 3), stale: true, want: 3},
		"a stale status during a rollout":              {rollout: steps, status: inStep(1), history: historyOf(2), team: "a", stale: true, want: 2},
		"a stale status with skipped steps":            {rollout: steps, status: inStep(1), history: historyOf(2), skip: rolloutHash, stale: true, want: 2},
		"a stale status and none was rolled out":       {rollout: steps, status: inStep(1), history: historyOf(), stale: true},
		"a selector that does not parse selects none":  {rollout: rolloutWith(v1alpha1.RolloutStep{NamespaceSelector: brokenSelector()}), status: inStep(1), history: historyOf(2), want: 2},
		"a rollout that is empty has no selectors":     {rollout: rolloutWith(), status: inStep(2), history: historyOf(2), team: "a", want: 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			baseline := newBaseline("web")
			baseline.Generation, baseline.Spec.Rollout = 7, test.rollout
			baseline.Annotations = map[string]string{v1alpha1.AnnotationRolloutSkipSteps: test.skip}
			baseline.Status = v1alpha1.BaselineStatus{
				ObservedGeneration: 7, RevisionHash: rolloutHash, Revision: 3, Rollout: test.status, History: test.history,
			}
			if test.unknown {
				baseline.Status.RevisionHash = ""
			}
			if test.stale {
				baseline.Status.ObservedGeneration = 6
			}
			var got int64
			if revision := RevisionFor(&baseline, map[string]string{"team": test.team}); revision != nil {
				got = revision.Revision
			}
			if got != test.want {
				t.Errorf("got revision %d, want %d", got, test.want)
			}
		})
	}
}
