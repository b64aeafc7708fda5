package namespace

import (
	"context"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/restore"
)

// PrepareTask sets the parts of a task that depend on its namespace: the Required baselines whose objects it keeps, and the objects
// of Velero that a restore of the baseline keeps. baseline is nil for a restore by hand. The task of a Baseline that the namespace
// holds becomes an update.
func (r *Reconciler) PrepareTask(ctx context.Context, task *restore.Task, baseline *v1alpha1.Baseline) error {
	known, err := r.takeSnapshot(ctx, task.Namespace)
	if err != nil {
		return err
	}
	if baseline == nil {
		task.RequiredBefore = requiredBefore(known, "")
		return nil
	}
	setOtherBaselines(task, known)
	r.yieldToVelero(task)
	if record := known.records[baseline.Name]; record != nil && record.IsComplete() {
		setTransition(task, baseline, record, true)
		task.Transition.Skipped = r.interruptedRevisions(task.Namespace, baseline, record)
	}
	return nil
}
