package controller

import (
	"context"
	"errors"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/restore"
)

// executeNext makes the next attempt after those of a record, or the first one if the record is nil.
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

// executeResumed makes an attempt that continues with the content of the attempts before it. If that content is gone, because its
// backup was replaced and deleted, the attempt starts over with the Baseline's present content: nothing else could repair the
// namespace.
func (r *NamespaceReconciler) executeResumed(ctx context.Context, task restoreTask, record *v1alpha1.BaselineRecord) (*attempt, error) {
	resumed := task
	resumed.resume(&record.Result)
	done, err := r.executeWithProgress(ctx, resumed)
	if !errors.Is(err, restore.ErrContent) || resumed.isOf(task.spec) {
		return done, err
	}
	log.FromContext(ctx).Info("Restarted a restore with new content, because its own is gone", "namespace", task.namespace.Name, "baseline", task.name,
		"backup", resumed.spec.Backup, "digest", resumed.spec.Digest, "reason", err.Error())
	task.previous.Attempts = record.Result.Attempts  // a record with fewer would be taken for an older one
	task.since = r.Clock.Now().Truncate(time.Second) // the present objects have other content
	return r.executeWithProgress(ctx, task)
}

// isOf reports whether the task restores the content of a spec.
func (t *restoreTask) isOf(spec restore.Spec) bool {
	return t.spec.Backup == spec.Backup && t.spec.Digest == spec.Digest
}
