package restore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/sets"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/plan"
)

// Transition makes a task an update: the namespace holds objects of other revisions, and only those that differ from the task's
// plan are written.
type Transition struct {
	// From is the revision that the namespace holds, or held before the first attempt.
	From v1alpha1.RevisionContent
	// Superseded are revisions whose updates were left incomplete, so that some objects may have their content.
	Superseded []v1alpha1.RevisionContent
	// Skipped are revisions whose updates may have been interrupted before they were recorded. They are compared with an object
	// only if it has neither the content of the others nor the new one.
	Skipped []v1alpha1.RevisionContent
	// Previous is the update that the attempt continues, whole; nil for a first attempt.
	Previous *v1alpha1.RestoreUpdate
}

// pendingKeys returns the keys that the attempts before have left; nil means all that differ.
func (t *Transition) pendingKeys() []string {
	if t.Previous == nil || t.Previous.OmittedPending > 0 {
		return nil
	}
	return append([]string{}, t.Previous.Pending...)
}

// transition is the Transition of one run.
type transition struct {
	*Transition
	plans Plans
	// held are the plans of From and of each of Superseded; deltas are those from them to the run's plan. Both are empty if the
	// content of one of them is gone.
	held   []*plan.Plan
	deltas []*plan.Delta
	// skipped are the plans of Skipped.
	skipped []plan.Spec
	// unwritten are the keys that the attempts before have not written, or have deleted to create them anew.
	unwritten sets.Set[string]
	// to is the run's plan.
	to *plan.Plan
}

// newTransition returns the transition of a task to its plan, or nil if the task is no update.
func (r *Runner) newTransition(ctx context.Context, task *Task, to *plan.Plan) (*transition, error) {
	if task.Transition == nil {
		return nil, nil
	}
	t := &transition{Transition: task.Transition, plans: r.Plans, to: to, unwritten: sets.New(task.Previous.Pending...)}
	if t.Previous != nil {
		t.unwritten.Insert(t.Previous.Recreate...)
	}
	for _, revision := range t.Skipped {
		t.skipped = append(t.skipped, SpecOf(task.Spec.Baseline, revision))
	}
	for _, revision := range append([]v1alpha1.RevisionContent{t.From}, t.Superseded...) {
		err := t.addHeld(ctx, SpecOf(task.Spec.Baseline, revision), task.Spec)
		if errors.Is(err, plan.ErrContent) {
			t.held, t.deltas = nil, nil // without one of them, the tenant's changes look like Seedbed's
			return t, nil
		}
		if err != nil {
			return nil, fmt.Errorf("comparing backup %s with %s: %w", revision.Backup, task.Spec.Backup, err)
		}
	}
	return t, nil
}

// addHeld adds a revision that objects may have.
func (t *transition) addHeld(ctx context.Context, from, to plan.Spec) error {
	delta, err := t.plans.Delta(ctx, from, to)
	if err != nil {
		return err
	}
	held, err := t.plans.Get(ctx, from)
	if err != nil {
		return err
	}
	t.held, t.deltas = append(t.held, held), append(t.deltas, delta)
	return nil
}

// isBaseMissing reports whether the content of an earlier revision is gone.
func (t *transition) isBaseMissing() bool { return len(t.deltas) == 0 }

// keys returns the keys to write: those that differ, and those that the restore before has not written. It returns nil if all are
// to be written, because it is not known which differ.
func (t *transition) keys() []string {
	if t.isBaseMissing() {
		return nil
	}
	keys := t.unwritten.Clone()
	for _, delta := range t.deltas {
		for _, stage := range delta.Changes() {
			for i := range stage {
				keys.Insert(stage[i].Object.Key)
			}
		}
	}
	return sets.List(keys)
}

// writer returns the function that writes the run's objects by these of an applier: one creates or restores an object, the other
// updates it.
func (t *transition) writer(restore writeFunc, update updateFunc) writeFunc {
	return func(ctx context.Context, target apply.Target, object manifest.Object) apply.Change {
		changes, isAdded := t.findChanges(object.Key)
		if isAdded || t.unwritten.Has(object.Key) {
			return t.keepIfOverQuota(restore(ctx, target, object))
		}
		earlier := apply.Earlier{Objects: func(ctx context.Context) []manifest.Object { return t.earlierObjects(ctx, object.Key) }}
		if len(changes) == 1 { // otherwise a patch would not test the fields that only another revision changed
			earlier.Patch = changes[0].Patch
		}
		change := update(ctx, target, object, earlier)
		if errors.Is(change.Err, apply.ErrNotRecreated) {
			return change // it must be created by the next attempt
		}
		return t.keepIfOverQuota(change)
	}
}

// keepIfOverQuota returns the change of an object that could not be written. If a ResourceQuota refused it that is none of the
// backup's, it counts as kept: a tenant's own quota must not stop a rollout.
func (t *transition) keepIfOverQuota(change apply.Change) apply.Change {
	if quota := apply.QuotaOf(change.Err); quota != "" && !t.to.Holds("resourcequotas/"+quota) {
		change.Result, change.Err, change.Transient = apply.Kept, nil, false
		change.Reason = fmt.Sprintf("is refused by the namespace's own ResourceQuota %s", quota)
	}
	return change
}

// updateFunc updates or previews one object.
type updateFunc func(ctx context.Context, target apply.Target, object manifest.Object, earlier apply.Earlier) apply.Change

// findChanges returns the changes of an object from the revisions that differ in it, and reports whether none of them has it.
func (t *transition) findChanges(key string) (changes []plan.ObjectChange, isAdded bool) {
	isAdded = !t.isBaseMissing()
	for _, delta := range t.deltas {
		change, found := delta.Find(key)
		if found {
			changes = append(changes, change)
		}
		isAdded = isAdded && found && change.Added
	}
	return changes, isAdded
}

// earlierObjects returns what earlier revisions wrote for a key, the held one first; nil if the content of the held one is gone.
func (t *transition) earlierObjects(ctx context.Context, key string) []manifest.Object {
	var objects []manifest.Object
	plans := slices.Clone(t.held)
	for _, spec := range t.skipped {
		if compiled, err := t.plans.Get(ctx, spec); err == nil && !t.isBaseMissing() { // without it, its values count as the tenant's
			plans = append(plans, compiled)
		}
	}
	for _, compiled := range plans {
		if object, found := compiled.Find(key); found {
			objects = append(objects, object)
		}
	}
	return objects
}

// changesPodDefaults reports whether the update changes the fields that admission adds to Pods.
func (t *transition) changesPodDefaults() bool {
	return t.isBaseMissing() || slices.ContainsFunc(t.deltas, (*plan.Delta).ChangesPodDefaults)
}
