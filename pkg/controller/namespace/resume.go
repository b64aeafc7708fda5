package namespace

import (
	"context"
	"errors"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/plan"
	"seedbed.dev/seedbed/pkg/restore"
)

// executeNext makes the next attempt after those of a record, or the first one if the record is nil.
func (r *Reconciler) executeNext(ctx context.Context, known *snapshot, task restore.Task, record *v1alpha1.BaselineRecord) (*restore.Outcome, error) {
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

// executeResumed makes an attempt that continues with the content of the attempts before it. If that content is gone, because its
// backup was replaced and deleted, the attempt starts over with the Baseline's present content: nothing else could repair the
// namespace.
func (r *Reconciler) executeResumed(ctx context.Context, task restore.Task, record *v1alpha1.BaselineRecord) (*restore.Outcome, error) {
	resumed := task
	resumed.Resume(&record.Result)
	done, err := r.executeWithProgress(ctx, resumed)
	if !errors.Is(err, plan.ErrContent) || isSameContent(&resumed.Spec, &task.Spec) {
		return done, err
	}
	log.FromContext(ctx).Info("Restarted a restore with new content, because its own is gone", "namespace", task.Namespace.Name, "baseline", task.Name,
		"backup", resumed.Spec.Backup, "digest", resumed.Spec.Digest, "reason", err.Error())
	task.Previous.Attempts = record.Result.Attempts  // a record with fewer would be taken for an older one
	task.Since = r.Clock.Now().Truncate(time.Second) // the present objects have other content
	return r.executeWithProgress(ctx, task)
}

// isSameContent reports whether two specs name the same stored content.
func isSameContent(a, b *plan.Spec) bool { return a.Backup == b.Backup && a.Digest == b.Digest }
