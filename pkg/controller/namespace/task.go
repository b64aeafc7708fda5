package namespace

import (
	"context"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/restore"
)

// PrepareTask sets the parts of a task that depend on its namespace: the Required baselines whose objects it keeps, and the objects
// of Velero that a restore of the baseline keeps. baseline is "" for a restore by hand. PrepareTask reports whether the namespace
// holds the baseline already.
func (r *Reconciler) PrepareTask(ctx context.Context, task *restore.Task, baseline string) (isHeld bool, err error) {
	known, err := r.takeSnapshot(ctx, task.Namespace)
	if err != nil {
		return false, err
	}
	task.RequiredBefore = requiredBefore(known, baseline)
	if baseline == "" {
		return false, nil
	}
	r.yieldToVelero(task)
	record := known.records[baseline]
	return record != nil && record.Result.Phase == v1alpha1.PhaseCompleted, nil
}
