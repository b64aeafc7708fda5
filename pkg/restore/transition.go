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
	"seedbed.dev/seedbed/pkg/values"
)

// Transition makes a task an update: the namespace holds objects of other revisions, and only those that differ from the task's
// plan are written.
type Transition struct {
	// From is the revision that the namespace holds, or held before the first attempt.
	From v1alpha1.RevisionContent
	// Superseded are revisions whose updates were left incomplete, so that some objects may have their content.
	Superseded []v1alpha1.RevisionContent
	// Skipped are revisions whose updates may have been interrupted before they were recorded. Each object that differs from one of
	// them is read, because it may have that one's content.
	Skipped []v1alpha1.RevisionContent
	// Previous is the update that the attempt continues, whole; nil for a first attempt.
	Previous *v1alpha1.RestoreUpdate
	// Recreate are the keys that the attempts before have deleted, or were about to delete, to create them anew.
	Recreate []string
	// Announce records an update under way, before an object is deleted to be created anew. The outcome is as if the attempt ended
	// now. Announce is not called concurrently. It may be nil.
	Announce func(ctx context.Context, interim *Outcome) error
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
	// skipped are the plans of Skipped, and skippedDeltas those from them to the run's plan. Those whose content is gone are left
	// out: their values count as the tenant's.
	skipped       []*plan.Plan
	skippedDeltas []*plan.Delta
	// unwritten are the keys that the restore has not written.
	unwritten sets.Set[string]
	// recreate are the keys of Recreate, and announced those that this attempt deletes to create them anew.
	recreate, announced sets.Set[string]
	// neverPruned has a reason for each removed object that is never pruned, by key.
	neverPruned map[string]string
	// leftOut has a reason for each removed object that the backup has, by key.
	leftOut map[string]string
	// target is the namespace for which values are computed.
	target *values.Target
	// uncertain are the fields of objects, by key, that were written with other values than those of today, which no record has.
	uncertain map[string][][]string
	// announce adds a key to announced.
	announce func(ctx context.Context, key string) error
	// to is the run's plan.
	to *plan.Plan
}

// newTransition returns the transition of a task to its plan, or nil if the task is no update.
func (r *Runner) newTransition(ctx context.Context, task *Task, to *plan.Plan, target *values.Target) (*transition, error) {
	if task.Transition == nil {
		return nil, nil
	}
	t := &transition{
		Transition: task.Transition, plans: r.Plans, to: to, target: target, unwritten: sets.New(task.Previous.Pending...),
		recreate: sets.New(task.Transition.Recreate...), announced: sets.New[string](), uncertain: map[string][][]string{},
	}
	for _, revision := range append([]v1alpha1.RevisionContent{t.From}, t.Superseded...) {
		held, delta, err := t.comparePlan(ctx, task, revision)
		if plan.IsUnavailable(err) {
			t.held, t.deltas = nil, nil // without one of them, the tenant's changes look like Seedbed's
			return t, nil
		}
		if err != nil {
			return nil, err
		}
		t.held, t.deltas = append(t.held, held), append(t.deltas, delta)
	}
	for _, revision := range t.Skipped {
		skipped, delta, err := t.comparePlan(ctx, task, revision)
		if plan.IsUnavailable(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		t.skipped, t.skippedDeltas = append(t.skipped, skipped), append(t.skippedDeltas, delta)
	}
	return t, nil
}

// comparePlan returns the plan of a revision that objects may have, and its difference from the task's.
func (t *transition) comparePlan(ctx context.Context, task *Task, revision v1alpha1.RevisionContent) (*plan.Plan, *plan.Delta, error) {
	from := plan.SpecOf(task.Baseline, revision)
	delta, err := t.plans.Delta(ctx, from, task.Spec)
	if err != nil {
		return nil, nil, fmt.Errorf("comparing backup %s with %s: %w", revision.Backup, task.Spec.Backup, err)
	}
	compiled, err := t.plans.Get(ctx, from)
	if err != nil {
		return nil, nil, fmt.Errorf("plan of backup %s: %w", revision.Backup, err)
	}
	if compiled.ValuesHash(t.target) != revision.ValuesHash {
		for key, fields := range compiled.ValueFields() {
			t.uncertain[key] = append(t.uncertain[key], fields...)
		}
	}
	held := compiled.BindHeld(ctx, t.target, revision)
	return held, delta.Bind(held, t.to), nil
}

// isOfValuesAlone reports whether the update brings the values of other labels, and no other revision. It leaves the namespace's own labels
// alone: a change of them has caused it.
func (t *transition) isOfValuesAlone(task *Task, to *plan.Plan) bool {
	return to.HasRules() && t.From.Hash != "" && t.From.Hash == to.Revision(task.Metadata).Hash
}

// isBaseMissing reports whether the content of an earlier revision is gone.
func (t *transition) isBaseMissing() bool { return len(t.deltas) == 0 }

// keys returns the keys to write: those that differ, and those that the restore before has not written. It returns nil if all are
// to be written, because it is not known which differ.
func (t *transition) keys() []string {
	if t.isBaseMissing() {
		return nil
	}
	keys := t.unwritten.Union(t.recreate)
	for _, delta := range t.deltas {
		for _, stage := range delta.Changes() {
			for i := range stage {
				keys.Insert(stage[i].Object.Key)
			}
		}
	}
	for _, delta := range t.skippedDeltas {
		for _, stage := range delta.Changes() {
			for i := range stage {
				if !stage[i].Added { // otherwise the interrupted update did not write it
					keys.Insert(stage[i].Object.Key)
				}
			}
		}
	}
	for key := range t.uncertain {
		if t.to.Holds(key) {
			keys.Insert(key)
		}
	}
	return sets.List(keys)
}

// writer returns the function that writes the run's objects by these of an applier: one creates or restores an object, the other
// updates it.
func (t *transition) writer(restore writeFunc, update updateFunc) writeFunc {
	return func(ctx context.Context, target apply.Target, object manifest.Object) apply.Change {
		changes, isAdded := t.findChanges(object.Key)
		isUncertain := t.isUncertain(object.Key)
		isInterrupted := isUncertain || t.isInterrupted(object.Key)
		if isAdded || t.unwritten.Has(object.Key) {
			change := t.keepIfOverQuota(restore(ctx, target, object))
			if !isInterrupted || change.Result != apply.Kept {
				return change
			} // it may be there because an interrupted update created it
		}
		earlier := t.earlierOf(object.Key)
		if len(changes) == 1 && !isInterrupted { // otherwise a patch would not test the fields that only another revision changed
			earlier.Patch = changes[0].Patch
		}
		if len(changes) == 0 && !isUncertain && t.isRepaired(object.Key) {
			return t.repair(ctx, target, object, earlier, update)
		}
		change := update(ctx, target, object, earlier)
		if errors.Is(change.Err, apply.ErrNotRecreated) {
			return change // it must be created by the next attempt
		}
		return t.keepIfOverQuota(change)
	}
}

// isUncertain reports whether the values of an object are those of other labels.
func (t *transition) isUncertain(key string) bool {
	_, isUncertain := t.uncertain[key]
	return isUncertain
}

// isRepaired reports whether an object that does not differ from the held revision may have the content of a skipped one.
func (t *transition) isRepaired(key string) bool {
	return t.isInterrupted(key) && !t.isBaseMissing() && !t.recreate.Has(key)
}

// earlierOf returns the earlier content of an object, without a patch.
func (t *transition) earlierOf(key string) apply.Earlier {
	return apply.Earlier{
		Objects:  func(context.Context) []manifest.Object { return t.earlierObjects(key) },
		Unknown:  t.uncertain[key],
		Missing:  t.recreate.Has(key),
		Announce: func(ctx context.Context) error { return t.announce(ctx, key) },
	}
}

// repair updates an object that differs only from skipped revisions. If no interrupted update has written it, it is as the tenant
// wants it: whatever keeps it concerns no revision, and is not reported.
func (t *transition) repair(ctx context.Context, target apply.Target, object manifest.Object, earlier apply.Earlier, update updateFunc) apply.Change {
	target.Update, target.Replace = false, false
	change := update(ctx, target, object, earlier)
	if change.Result == apply.Kept {
		change.Result = ""
	}
	return change
}

// isInterrupted reports whether an object may have the content of a skipped revision that wrote another one.
func (t *transition) isInterrupted(key string) bool {
	return slices.ContainsFunc(t.skippedDeltas, func(delta *plan.Delta) bool {
		change, found := delta.Find(key)
		return found && !change.Added
	})
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

// isMissing reports whether the object of a pending key may be absent although no tenant deleted it: it was never created, or it
// was deleted to be created anew.
func (t *transition) isMissing(key string) bool {
	_, isAdded := t.findChanges(key)
	return isAdded || t.unwritten.Has(key) || t.recreate.Has(key) || t.announced.Has(key)
}

// earlierObjects returns what earlier revisions wrote for a key, the held one first; nil if the content of the held one is gone.
func (t *transition) earlierObjects(key string) []manifest.Object {
	var objects []manifest.Object
	for _, compiled := range slices.Concat(t.held, t.skipped) {
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
