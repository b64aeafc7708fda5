package restore

import (
	"context"

	"k8s.io/apimachinery/pkg/util/sets"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// announceDeletion has a key recorded that is about to be deleted and created anew. Without that, a crash between the two would
// look like a tenant's deletion. Objects of one stage are written at the same time, so each record has the keys before it too.
func (r *run) announceDeletion(ctx context.Context, key string) error {
	r.announcing.Lock()
	defer r.announcing.Unlock()
	if r.moving.announced.Has(key) {
		return nil
	}
	announced := r.moving.announced.Clone().Insert(key)
	if r.moving.Announce != nil {
		if err := r.moving.Announce(ctx, r.interimOutcome(announced)); err != nil {
			return err
		}
	}
	r.moving.announced = announced
	return nil
}

// interimOutcome returns the outcome of an attempt that ends now, and has deleted the announced objects.
func (r *run) interimOutcome(announced sets.Set[string]) *Outcome {
	if r.task.Previous.Phase == v1alpha1.PhaseCompleted {
		return &Outcome{Revision: r.task.newRevision(r.plan), Update: r.interimUpdate(announced)}
	}
	result := *r.task.Previous.DeepCopy()
	result.Pending = sets.List(announced.Union(sets.New(result.Pending...)))
	return &Outcome{Revision: r.moving.From, Result: result}
}

// interimUpdate returns an update under way: everything that the attempt is to write is pending.
func (r *run) interimUpdate(announced sets.Set[string]) *v1alpha1.RestoreUpdate {
	update := &v1alpha1.RestoreUpdate{}
	if r.moving.Previous != nil {
		update = r.moving.Previous.DeepCopy()
	}
	begun := beginUpdate(r.moving.Transition, r.began)
	update.From, update.Superseded, update.StartTimestamp, update.Attempts = begun.From, begun.Superseded, begun.StartTimestamp, begun.Attempts
	update.CompletionTimestamp, update.Phase, update.BaseMissing = nil, v1alpha1.PhasePartiallyFailed, r.moving.isBaseMissing()
	update.Pending, update.OmittedPending = nil, int32(r.plan.Len()) //nolint:gosec // archives have at most a few 100,000 entries
	if r.only != nil {
		update.Pending, update.OmittedPending = boundPending(sets.List(r.only.Clone().Insert(r.removedKeys()...).Insert(metadataKey(r.task.Namespace))))
	}
	update.Recreate = sets.List(announced.Union(r.moving.recreate))
	return update
}
