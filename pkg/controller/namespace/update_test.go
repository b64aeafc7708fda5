package namespace

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/audit"
	"seedbed.dev/seedbed/pkg/controller/attempt"
	"seedbed.dev/seedbed/pkg/controller/queue"
	"seedbed.dev/seedbed/pkg/plan"
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/pkg/restore"
)

// noRollouts has no namespace that may begin an update.
type noRollouts struct{}

func (noRollouts) IsDue(_, _, _ string) bool { return false }

func (noRollouts) End(string, []string) {}

// noAudits has found nothing.
type noAudits struct{}

func (noAudits) Take(string) []audit.Finding { return nil }

func (noAudits) End(string) {}

func TestFailedUpdateIsRetriedToThePresentRevisionAlone(t *testing.T) {
	tests := map[string]struct {
		hash      string // the present revision
		observed  int64  // the generation that the status describes; the Baseline has 2
		retried   bool
		forgotten bool
		wait      time.Duration
	}{
		"to the present one":           {hash: "r2", observed: 2, retried: true},
		"to one that was left":         {hash: "r1", observed: 2, forgotten: true},
		"the spec has just changed":    {hash: "r2", observed: 1, wait: retryUnknownAfter},
		"the backup is not ready":      {observed: 2, wait: retryUnknownAfter},
		"the spec is not observed yet": {observed: 1, wait: retryUnknownAfter},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			clock := clocktesting.NewFakeClock(time.Unix(1000, 0))
			r := &Reconciler{Clock: clock, Rollouts: noRollouts{}, failures: newFailedAttempts(clock)}
			namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "team", UID: "1"}}
			baseline := &v1alpha1.Baseline{
				ObjectMeta: metav1.ObjectMeta{Name: "web", Generation: 2},
				Status:     v1alpha1.BaselineStatus{RevisionHash: test.hash, ObservedGeneration: test.observed},
			}
			record := &v1alpha1.BaselineRecord{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Result: v1alpha1.RestoreResult{Phase: v1alpha1.PhaseCompleted, RevisionHash: "r1", Digest: "d1"}}
			r.failures.addFailure(namespace, baselineState{baseline: "web", done: true, updateTo: "r2"})

			known := &snapshot{baselines: map[string]*v1alpha1.Baseline{"web": baseline}}
			state := r.updateState(t.Context(), namespace, known, policy.Choice{Baseline: "web"}, record)
			var wait time.Duration
			if state != nil {
				wait = state.requeueAfter
			}
			want := test.wait
			if test.retried {
				want = time.Second // the delay after the failure
			}
			if wait != want || state != nil && !state.done {
				t.Errorf("state %+v, want a delay of %s", state, want)
			}
			if r.HasFailedUpdate(namespace, "web", "r2") == test.forgotten {
				t.Errorf("forgotten: %v", !test.forgotten)
			}
		})
	}
}

// endedRollouts has the namespaces whose updates ended.
type endedRollouts struct {
	noRollouts
	ended []string
}

func (r *endedRollouts) End(namespace string, _ []string) { r.ended = append(r.ended, namespace) }

func TestReconcileThatFailsKeepsNoSlot(t *testing.T) {
	refused := errors.New("refused")
	rollouts := &endedRollouts{}
	r := &Reconciler{Clock: clocktesting.NewFakeClock(time.Unix(1000, 0)), Rollouts: rollouts, Audits: noAudits{}, Executor: &attempt.Executor{
		Client: interceptor.NewClient(nil, interceptor.Funcs{
			Get: func(_ context.Context, _ client.WithWatch, key client.ObjectKey, object client.Object, _ ...client.GetOption) error {
				object.SetName(key.Name)
				object.SetAnnotations(map[string]string{v1alpha1.AnnotationNotAuthorized: "web"})
				return nil
			},
			Patch: func(context.Context, client.WithWatch, client.Object, client.Patch, ...client.PatchOption) error {
				return refused
			},
		}),
	}}
	r.initCaches()
	if _, err := r.Reconcile(t.Context(), queue.RequestFor("team")); !errors.Is(err, refused) {
		t.Fatalf("error %v", err)
	}
	if !slices.Equal(rollouts.ended, []string{"team"}) {
		t.Errorf("ended: %v", rollouts.ended)
	}
}

func TestRecordWithoutRevisionHasTheMappingOfItsBaseline(t *testing.T) {
	baseline := &v1alpha1.Baseline{Spec: v1alpha1.BaselineSpec{Mapping: v1alpha1.MappingReferencesAndText}}
	for name, test := range map[string]struct {
		revision v1alpha1.RevisionContent
		text     bool
	}{
		"from before there were revisions": {text: true},
		"of another mapping":               {revision: v1alpha1.RevisionContent{Digest: "d1", Mapping: v1alpha1.MappingReferences}},
	} {
		t.Run(name, func(t *testing.T) {
			record := &v1alpha1.BaselineRecord{Revision: test.revision, Result: v1alpha1.RestoreResult{Phase: v1alpha1.PhaseCompleted, Digest: "d1"}}
			task := &restore.Task{Baseline: baseline}
			setRevision(task, baseline, record.HeldRevision())
			setTransition(task, baseline, record, true)
			if from := plan.SpecOf(baseline, task.Transition.From); task.Spec.Text != test.text || from.Text != test.text {
				t.Errorf("it maps text: %v when it is resumed, %v when it is updated", task.Spec.Text, from.Text)
			}
			known := &snapshot{
				records: map[string]*v1alpha1.BaselineRecord{"web": record}, baselines: map[string]*v1alpha1.Baseline{"web": baseline},
				decision: policy.Decision{Choices: []policy.Choice{{Baseline: "web", Required: true}}},
			}
			if before := requiredBefore(known, "other"); len(before) != 1 || before[0].Text != test.text {
				t.Errorf("the plans of the Required baselines are %+v, want text mapped: %t", before, test.text)
			}
		})
	}
}
