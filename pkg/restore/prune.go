package restore

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/sets"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/plan"
)

// pruneFunc deletes, or previews to delete, one object.
type pruneFunc func(ctx context.Context, target apply.Target, object manifest.Object, earlier apply.Earlier) apply.Change

// isPruning reports whether the run deletes objects that the new backup lacks. A restore that was never complete does not: it is
// not known which of its objects it wrote.
func (r *run) isPruning() bool {
	return r.moving != nil && r.task.Prune && r.task.Previous.Phase == v1alpha1.PhaseCompleted
}

// setRemoved makes an update delete the objects that its backup lacks, if the task prunes.
func (r *run) setRemoved(prune pruneFunc) {
	if !r.isPruning() {
		return
	}
	r.removed, r.prune = r.moving.removedStages(), prune
	if r.moving.pendingKeys() == nil { // otherwise they are counted among the pending ones
		r.total += len(r.removedKeys())
	}
}

// removedStages returns the objects of earlier revisions that the run's backup lacks, in reverse order of writing: all of them in a
// first attempt, and those that failed afterwards.
func (t *transition) removedStages() [][]manifest.Object {
	t.neverPruned, t.leftOut = map[string]string{}, map[string]string{}
	left := sets.New[string]()
	pending := t.pendingKeys()
	for _, delta := range slices.Concat(t.deltas, t.skippedDeltas) {
		for _, removal := range delta.Removed() {
			if pending == nil || slices.Contains(pending, removal.Key) {
				left.Insert(removal.Key)
				t.neverPruned[removal.Key], t.leftOut[removal.Key] = removal.Keep, removal.LeftOut
			}
		}
	}
	var stages [][]manifest.Object
	for _, compiled := range slices.Concat(t.held, t.skipped) {
		for _, stage := range slices.Backward(compiled.Stages()) {
			var objects []manifest.Object
			for _, object := range slices.Backward(stage) {
				if left.Has(object.Key) {
					left.Delete(object.Key)
					objects = append(objects, object)
				}
			}
			if len(objects) > 0 {
				stages = append(stages, objects)
			}
		}
	}
	return stages
}

// removedKeys returns the keys of the objects that the run deletes.
func (r *run) removedKeys() []string {
	var keys []string
	for _, stage := range r.removed {
		for i := range stage {
			keys = append(keys, stage[i].Key)
		}
	}
	return keys
}

// pruneStages deletes the removed objects stage by stage, after all others are written. It stops if the namespace seems to be gone.
func (r *run) pruneStages(ctx context.Context) {
	r.keepLeftOut()
	target := r.task.newTarget(r.plan)
	for _, stage := range r.removed {
		if r.isStopped() || !r.isAlive(ctx, r.task.Namespace) {
			r.gone = true
			return
		}
		r.runStage(ctx, stage, func(object manifest.Object) apply.Change { return r.pruneObject(ctx, target, object) })
	}
}

// pruneObject deletes one object, unless its kind is never pruned or another baseline of the namespace has it, too.
func (r *run) pruneObject(ctx context.Context, target apply.Target, object manifest.Object) apply.Change {
	if reason := r.moving.neverPruned[object.Key]; reason != "" {
		return apply.Change{Key: object.Key, Result: apply.Kept, Reason: reason}
	}
	other, err := r.findHolder(ctx, object.Key)
	switch {
	case err != nil:
		return apply.Change{Key: object.Key, Result: apply.Failed, Err: err}
	case other != "":
		return apply.Change{Key: object.Key, Result: apply.Kept, Reason: fmt.Sprintf("is in the baseline %q, too", other)}
	}
	target.NoRetry, _ = r.experience(object.Kind.GroupKind())
	change := r.prune(ctx, target, object, apply.Earlier{
		Objects: func(context.Context) []manifest.Object { return r.moving.earlierObjects(object.Key) },
		Unknown: r.moving.uncertain[object.Key],
	})
	if change.Result == apply.Deleted {
		change.Reason = r.moving.leftOut[object.Key]
	}
	return change
}

// findHolder returns another baseline of the namespace whose plan has an object, or may have it because its content is gone.
func (r *run) findHolder(ctx context.Context, key string) (string, error) {
	for _, spec := range r.task.HeldBeside {
		other, err := r.Plans.Get(ctx, spec)
		switch {
		case plan.IsUnavailable(err):
			return spec.Baseline, nil
		case err != nil:
			return "", fmt.Errorf("plan of baseline %s: %w", spec.Baseline, err)
		case other.Holds(key):
			return spec.Baseline, nil
		}
	}
	return "", nil
}
