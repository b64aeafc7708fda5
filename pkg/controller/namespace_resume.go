package controller

import (
	"context"
	"errors"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/plan"
)

// executeNext makes the attempt that follows those of a record; nil for a first one.
func (r *NamespaceReconciler) executeNext(ctx context.Context, known *snapshot, task restoreTask, record *v1alpha1.BaselineRecord) (*attempt, error) {
	switch {
	case record == nil:
		return r.executeWithProgress(ctx, task)
	case known.isRepeated(record):
		task.repeat(&record.Result)
		return r.executeWithProgress(ctx, task)
	default:
		return r.executeResumed(ctx, task, record)
	}
}

// executeResumed makes an attempt that goes on with the content of the attempts before it, which record has. Where that content
// is gone, because its backup was replaced and deleted, it begins anew with the Baseline's present one: nothing else could heal
// the namespace.
func (r *NamespaceReconciler) executeResumed(ctx context.Context, task restoreTask, record *v1alpha1.BaselineRecord) (*attempt, error) {
	resumed := task
	resumed.resume(&record.Result)
	done, err := r.executeWithProgress(ctx, resumed)
	if !errors.Is(err, plan.ErrContent) || resumed.isOf(task.spec) {
		return done, err
	}
	log.FromContext(ctx).Info("Began a restore anew, because its content is gone", "namespace", task.namespace.Name, "baseline", task.name,
		"backup", resumed.spec.Backup, "digest", resumed.spec.Digest, "reason", err.Error())
	task.previous.Attempts = record.Result.Attempts // they count on: a record with fewer would be taken for an older one
	task.since = time.Now().Truncate(time.Second)   // what is there already is of other content
	return r.executeWithProgress(ctx, task)
}

// isOf reports whether the task restores the same content as another spec names.
func (t *restoreTask) isOf(spec plan.Spec) bool {
	return t.spec.Backup == spec.Backup && t.spec.Digest == spec.Digest
}
