package namespace

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/plan"
	"seedbed.dev/seedbed/pkg/restore"
)

// executeNext makes the next attempt after those of a record, or the first one if the record is nil.
func (r *Reconciler) executeNext(ctx context.Context, known *snapshot, task restore.Task, record *v1alpha1.BaselineRecord) (*restore.Outcome, error) {
	if record == nil {
		return r.executeOrRestart(ctx, known, task, task)
	}
	if held := record.HeldRevision(); held.Digest != "" {
		setRevision(&task, known.baselines[task.Spec.Baseline], held)
	}
	switch {
	case known.isRepeated(record):
		task.Repeat(&record.Result)
		return r.executeWithProgress(ctx, task)
	default:
		resumed := task
		resumed.HeldValues = record.Revision.ValuesHash
		resumed.Resume(&record.Result)
		task.Previous.Attempts = record.Result.Attempts  // a record with fewer would be taken for an older one
		task.Since = r.Clock.Now().Truncate(time.Second) // the present objects have other content
		return r.executeOrRestart(ctx, known, resumed, task)
	}
}

// executeOrRestart makes an attempt with the revision that the namespace is to get: the one of the attempts before, or an earlier one
// during a rollout. If its content is gone, because its backup was replaced and deleted, the attempt restarts with the Baseline's
// present content: nothing else could populate the namespace.
func (r *Reconciler) executeOrRestart(ctx context.Context, known *snapshot, task, restarted restore.Task) (*restore.Outcome, error) {
	done, err := r.executeWithProgress(ctx, task)
	if !errors.Is(err, plan.ErrContent) {
		return done, err
	}
	newest, waiting, findErr := r.newestTask(ctx, known.baselines[task.Spec.Baseline])
	if findErr != nil || waiting != nil || isSameContent(&task.Spec, &newest.Spec) {
		return done, err
	}
	log.FromContext(ctx).Info("Restarted a restore with new content, because its own is gone", "namespace", task.Namespace.Name, "baseline", task.Name,
		"backup", task.Spec.Backup, "digest", task.Spec.Digest, "reason", err.Error())
	restarted.Spec, restarted.Metadata = newest.Spec, newest.Metadata
	return r.executeWithProgress(ctx, restarted)
}

// isSameContent reports whether two specs name the same stored content.
func isSameContent(a, b *plan.Spec) bool { return a.Backup == b.Backup && a.Digest == b.Digest }

// A restore that takes longer than firstProgress shows its progress in the namespace's condition, then every showProgressEvery.
const (
	firstProgress     = time.Second
	showProgressEvery = 5 * time.Second
)

// executeWithProgress makes an attempt and shows its progress while it is slow.
func (r *Reconciler) executeWithProgress(ctx context.Context, task restore.Task) (*restore.Outcome, error) {
	task.Progress = &restore.Progress{}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var showing sync.WaitGroup
	defer showing.Wait() // before the next condition is written
	stop := make(chan struct{})
	defer close(stop)
	showing.Go(func() {
		timer := r.Clock.NewTimer(firstProgress)
		defer timer.Stop()
		for {
			select {
			case <-stop:
				return
			case <-timer.C():
			}
			done, total := task.Progress.Counts()
			r.showProgress(ctx, task.Namespace, progressMessage(task.Spec.Baseline, done, total))
			timer.Reset(showProgressEvery)
		}
	})
	return r.Executor.Runner.Execute(ctx, task)
}

// showProgress sets BaselineReady to Populating. A failed write is logged only, because the result is written anyway.
func (r *Reconciler) showProgress(ctx context.Context, namespace *corev1.Namespace, message string) {
	old := v1alpha1.FindNamespaceCondition(r.conditionsOf(namespace), v1alpha1.ConditionBaselineReady)
	populating := changedReady(old, &corev1.NamespaceCondition{
		Type: v1alpha1.ConditionBaselineReady, Status: corev1.ConditionFalse, Reason: v1alpha1.ReasonPopulating, Message: message,
	})
	if populating == nil {
		return
	}
	if err := r.writeConditions(ctx, namespace, []corev1.NamespaceCondition{*populating}); err != nil {
		log.FromContext(ctx).V(1).Info("Could not show the progress of a restore", "namespace", namespace.Name, "error", err.Error())
	}
}

func progressMessage(baseline string, done, total int64) string {
	return fmt.Sprintf("baseline %s: %s of %s objects", baseline, withThousands(done), withThousands(total))
}

// withThousands formats a number as "1,200".
func withThousands(number int64) string {
	if number < 1000 {
		return fmt.Sprint(number)
	}
	return fmt.Sprintf("%s,%03d", withThousands(number/1000), number%1000)
}
