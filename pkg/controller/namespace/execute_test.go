package namespace

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/attempt"
	"seedbed.dev/seedbed/pkg/plan"
	"seedbed.dev/seedbed/pkg/restore"
)

// fakeRunner finds the content of all backups but one.
type fakeRunner struct {
	attempt.Runner
	missing string
	tasks   []restore.Task
}

func (r *fakeRunner) Execute(_ context.Context, task restore.Task) (*restore.Outcome, error) {
	task.Progress = nil
	r.tasks = append(r.tasks, task)
	if task.Spec.Backup == r.missing {
		return nil, fmt.Errorf("plan: %w", plan.ErrContent)
	}
	return &restore.Outcome{}, nil
}

func TestRestoreWhoseContentIsGoneRestarts(t *testing.T) {
	now := time.Unix(1000, 0)
	began := time.Unix(900, 0)
	held := v1alpha1.RestoreResult{Phase: v1alpha1.PhasePartiallyFailed, Backup: "old", Digest: "d1", Attempts: 3, Pending: []string{"secrets/a"}}
	for name, test := range map[string]struct {
		record  *v1alpha1.BaselineRecord
		missing string
		want    restore.Task // its second attempt, if any
		fails   bool
	}{
		"a new namespace": {missing: "old", want: restore.Task{Since: began}},
		"a new namespace and content that is there": {missing: "other"},
		"a new namespace and no content at all":     {missing: "new", fails: true},
		"an incomplete restore": {
			record: &v1alpha1.BaselineRecord{Result: held}, missing: "old",
			want: restore.Task{Since: now, Previous: v1alpha1.RestoreResult{Attempts: 3}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			runner := &fakeRunner{missing: test.missing}
			baseline := &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: v1alpha1.BaselineSpec{Backup: "new"}}
			r := &Reconciler{Clock: clocktesting.NewFakeClock(now), Executor: &attempt.Executor{
				Runner: runner, Client: interceptor.NewClient(nil, interceptor.Funcs{
					Get: func(_ context.Context, _ client.WithWatch, key client.ObjectKey, object client.Object, _ ...client.GetOption) error {
						object.SetName(key.Name)
						backup := object.(*v1alpha1.BaselineBackup) //nolint:forcetypeassert // a test
						backup.Status.Digest = "d2"
						v1alpha1.SetPhase(&backup.Status.Conditions, 0, v1alpha1.PhaseCompleted, "")
						return nil
					},
				}),
			}}
			task := attempt.NewTask(baseline, &v1alpha1.BaselineBackup{})
			task.Namespace, task.Since = &corev1.Namespace{}, began
			task.Spec.Backup, task.Spec.Digest = "old", "d1"
			if test.missing == "new" {
				task.Spec.Backup, task.Spec.Digest = "new", "d2"
			}
			_, err := r.executeNext(t.Context(), &snapshot{baselines: map[string]*v1alpha1.Baseline{"web": baseline}}, task, test.record)
			if (err != nil) != test.fails {
				t.Errorf("error %v", err)
			}
			if len(runner.tasks) == 1 {
				if !test.want.Since.IsZero() {
					t.Error("there was no second attempt")
				}
				return
			}
			test.want.Name, test.want.Existing, test.want.Namespace, test.want.Baseline = task.Name, task.Existing, task.Namespace, baseline
			test.want.Spec = plan.Spec{Baseline: "web", Backup: "new", Digest: "d2"}
			if diff := cmp.Diff(test.want, runner.tasks[1]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
