package controller

import (
	"context"
	"errors"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/plan"
	"seedbed.dev/seedbed/pkg/restore"
)

// executeNext makes the attempt after those of a record, which is nil for the first one.
func (r *NamespaceReconciler) executeNext(ctx context.Context, known *snapshot, task restore.Task, record *v1alpha1.BaselineRecord) (*restore.Outcome, error) {
	switch {
	case record == nil:
		return r.executeWithProgress(ctx, task)
	case known.isRepeated(record):
		task.Repeat(&record.Result)
		return r.executeWithProgress(ctx, task)
	default:
		return r.executeResumed(ctx, task, record)
	}
}

// executeResumed makes an attempt with the content of the attempts before it, which record names. If that content is gone, because
// its backup was replaced and deleted, it begins anew with the Baseline's present backup: nothing else could heal the namespace.
func (r *NamespaceReconciler) executeResumed(ctx context.Context, task restore.Task, record *v1alpha1.BaselineRecord) (*restore.Outcome, error) {
	resumed := task
	resumed.Resume(&record.Result)
	done, err := r.executeWithProgress(ctx, resumed)
	if !errors.Is(err, plan.ErrContent) || isSameContent(&resumed.Spec, &task.Spec) {
		return done, err
	}
	log.FromContext(ctx).Info("Began a restore anew, because its content is gone", "namespace", task.Namespace.Name, "baseline", task.Name,
		"backup", resumed.Spec.Backup, "digest", resumed.Spec.Digest, "reason", err.Error())
	task.Previous.Attempts = record.Result.Attempts // a record with fewer attempts would count as an older one
	task.Since = time.Now().Truncate(time.Second)   // existing objects have other content
	return r.executeWithProgress(ctx, task)
}

// isSameContent reports whether two specs name the same stored content.
func isSameContent(a, b *plan.Spec) bool { return a.Backup == b.Backup && a.Digest == b.Digest }
