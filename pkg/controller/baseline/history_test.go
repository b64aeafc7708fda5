package baseline

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/plan"
	"seedbed.dev/seedbed/pkg/restore"
	"seedbed.dev/seedbed/test/sample"
)

func at(second int64) metav1.Time { return metav1.NewTime(time.Unix(second, 0)) }

// revisionAt returns a revision of a history, made at that second.
func revisionAt(number int64, hash string, second int64) v1alpha1.BaselineRevision {
	return v1alpha1.BaselineRevision{Revision: number, RevisionContent: v1alpha1.RevisionContent{Hash: hash}, Timestamp: at(second)}
}

func rolledOutAt(revision v1alpha1.BaselineRevision, second int64) v1alpha1.BaselineRevision {
	revision.RolledOutTimestamp = new(at(second))
	return revision
}

// statusWith returns the status of a Baseline with the first of these revisions; rolledOut is the status of the condition.
func statusWith(rolledOut metav1.ConditionStatus, observed int64, history ...v1alpha1.BaselineRevision) *v1alpha1.BaselineStatus {
	return &v1alpha1.BaselineStatus{
		Revision: history[0].Revision, RevisionHash: history[0].Hash, ObservedGeneration: 4, History: history,
		Conditions: []metav1.Condition{{Type: v1alpha1.ConditionRolledOut, Status: rolledOut, ObservedGeneration: observed}},
	}
}

func TestNextHistory(t *testing.T) {
	present := revisionAt(0, "b", 9)
	for name, test := range map[string]struct {
		status *v1alpha1.BaselineStatus
		want   []v1alpha1.BaselineRevision
	}{
		"the first revision":            {status: &v1alpha1.BaselineStatus{}, want: []v1alpha1.BaselineRevision{revisionAt(1, "b", 9)}},
		"the same revision":             {status: statusWith("False", 4, revisionAt(7, "b", 2)), want: []v1alpha1.BaselineRevision{revisionAt(7, "b", 2)}},
		"a new one":                     {status: statusWith("False", 4, revisionAt(7, "a", 2)), want: []v1alpha1.BaselineRevision{revisionAt(8, "b", 9), revisionAt(7, "a", 2)}},
		"after one that was rolled out": {status: statusWith("True", 4, revisionAt(7, "a", 2)), want: []v1alpha1.BaselineRevision{revisionAt(8, "b", 9), rolledOutAt(revisionAt(7, "a", 2), 9)}},
		"after one that was never seen": {status: statusWith("True", 3, revisionAt(7, "a", 2)), want: []v1alpha1.BaselineRevision{revisionAt(8, "b", 9), revisionAt(7, "a", 2)}},
		"a return to an earlier one": {
			status: statusWith("False", 4, revisionAt(7, "a", 5), rolledOutAt(revisionAt(6, "b", 2), 5)),
			want:   []v1alpha1.BaselineRevision{rolledOutAt(revisionAt(8, "b", 9), 5), revisionAt(7, "a", 5)},
		},
		"after a return that was rolled out": {
			status: statusWith("True", 4, rolledOutAt(revisionAt(7, "a", 5), 3), rolledOutAt(revisionAt(6, "c", 3), 5)),
			want:   []v1alpha1.BaselineRevision{revisionAt(8, "b", 9), rolledOutAt(revisionAt(7, "a", 5), 9), rolledOutAt(revisionAt(6, "c", 3), 5)},
		},
		"more than the bound, after changes that all failed": {
			status: statusWith("False", 4, revisionAt(7, "7", 7), revisionAt(6, "6", 6), revisionAt(5, "5", 5), revisionAt(4, "4", 4), revisionAt(3, "3", 3), rolledOutAt(revisionAt(2, "2", 2), 3)),
			want:   []v1alpha1.BaselineRevision{revisionAt(8, "b", 9), revisionAt(7, "7", 7), revisionAt(6, "6", 6), revisionAt(5, "5", 5), revisionAt(4, "4", 4), rolledOutAt(revisionAt(2, "2", 2), 3)},
		},
		"a status that was lost": {status: &v1alpha1.BaselineStatus{Revision: 7}, want: []v1alpha1.BaselineRevision{revisionAt(8, "b", 9)}},
		"more than the bound": {
			status: statusWith("False", 4, revisionAt(7, "7", 7), revisionAt(6, "6", 6), revisionAt(5, "5", 5), revisionAt(4, "4", 4), revisionAt(3, "3", 3), revisionAt(2, "2", 2)),
			want:   []v1alpha1.BaselineRevision{revisionAt(8, "b", 9), revisionAt(7, "7", 7), revisionAt(6, "6", 6), revisionAt(5, "5", 5), revisionAt(4, "4", 4), revisionAt(3, "3", 3)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := test.status.DeepCopy()
			got, number := nextHistory(test.status, present)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if number != test.want[0].Revision {
				t.Errorf("the revision is %d", number)
			}
			if diff := cmp.Diff(before, test.status); diff != "" {
				t.Errorf("the cached status was changed:\n%s", diff)
			}
		})
	}
}

// samplePlans returns one plan for every spec, and counts the lookups.
type samplePlans struct {
	restore.Plans
	compiled *plan.Plan
	lookups  int
}

func (p *samplePlans) Get(context.Context, plan.Spec) (*plan.Plan, error) {
	p.lookups++
	return p.compiled, nil
}

// After an upgrade, earlier revisions must have the content that the new version compiles: otherwise every holder would be outdated.
func TestHistoryIsRecompiledOnce(t *testing.T) {
	compiled, err := plan.Compiler{}.Compile(sample.Archive(t, sample.Objects), plan.Spec{Backup: "v1", Digest: "d1"})
	if err != nil {
		t.Fatal(err)
	}
	want := compiled.RevisionContent(nil)
	earlier := want
	earlier.ContentDigest = "sha256:by an earlier version"
	plans := &samplePlans{compiled: compiled}
	r := &Reconciler{Plans: plans}
	r.rememberCompiled(v1alpha1.RevisionContent{Hash: "present", ContentDigest: "c9"})
	baseline := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "web"}}
	for range 2 {
		history := []v1alpha1.BaselineRevision{{Revision: 2, RevisionContent: v1alpha1.RevisionContent{Hash: "present"}}, {Revision: 1, RevisionContent: earlier}}
		r.recompileHistory(t.Context(), baseline, history)
		if diff := cmp.Diff(want, history[1].RevisionContent); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	if plans.lookups != 1 {
		t.Errorf("the earlier revision was compiled %d times", plans.lookups)
	}
}

func TestHistoryOutlastsABackupThatIsNotReady(t *testing.T) {
	for name, test := range map[string]struct {
		rolledOut metav1.ConditionStatus
		want      []v1alpha1.BaselineRevision
	}{
		"rolled out":     {rolledOut: metav1.ConditionTrue, want: []v1alpha1.BaselineRevision{rolledOutAt(revisionAt(7, "a", 2), 9)}},
		"not rolled out": {rolledOut: metav1.ConditionFalse, want: []v1alpha1.BaselineRevision{revisionAt(7, "a", 2)}},
	} {
		t.Run(name, func(t *testing.T) {
			baseline := &v1alpha1.Baseline{Status: *statusWith(test.rolledOut, 4, revisionAt(7, "a", 2))}
			r := &Reconciler{Clock: clocktesting.NewFakePassiveClock(time.Unix(9, 0))}
			for range 2 {
				r.setContent(t.Context(), baseline, nil)
			}
			if diff := cmp.Diff(test.want, baseline.Status.History); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
