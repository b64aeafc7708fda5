package authorization

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// reviewAfter is the delay before the leader lists unseen Baselines: several may be created at once.
const reviewAfter = 500 * time.Millisecond

// runLeader updates the marks, the reviewed Baselines and the memory after each change of the policies or of a Baseline.
func (k *Keeper) runLeader(ctx context.Context) error {
	sendSignal(k.led) // the state may be older than the leadership
	for {
		select {
		case <-k.led:
		case <-k.unseen:
			k.waitFor(ctx, reviewAfter)
		case <-ctx.Done():
			return nil
		}
		if err := k.ensureReviewed(ctx); err != nil && !errors.Is(err, errChanged) && ctx.Err() == nil {
			log.FromContext(ctx).Error(err, "Could not mark namespaces and list Baselines for the admission policies", "retryAfter", retryAfter)
			k.waitFor(ctx, retryAfter)
			sendSignal(k.led)
		}
	}
}

func (k *Keeper) waitFor(ctx context.Context, duration time.Duration) {
	select {
	case <-k.clock.After(duration):
	case <-ctx.Done():
	}
}

// errChanged reports that the policies changed meanwhile: their event starts again.
var errChanged = errors.New("the admission policies changed")

// ensureReviewed marks the namespaces and lists the Baselines that are older than the policies, unless the memory has
// that as done, and remembers which Baselines were reviewed since.
func (k *Keeper) ensureReviewed(ctx context.Context) error {
	now := k.restores.Load()
	remembered, err := k.memories.readMemory(ctx)
	if err != nil {
		return err
	}
	k.reviewed.CompareAndSwap(nil, &remembered.Reviewed)
	if !now.inForce() {
		return nil // the next change signals
	}
	remembered.Reviewed = *k.reviewed.Load() // the memory is bounded
	if !now.policies.hasIdentities(remembered.Policies) {
		if remembered, err = k.firstSeen(ctx, now.policies, remembered.Reviewed); err != nil {
			return err
		}
	}
	if err := k.publishState(now, &remembered); err != nil {
		return err
	}
	if !remembered.Marked || !remembered.Listed {
		if err := k.awaitGrace(ctx); err != nil {
			return err
		}
	}
	if !remembered.Marked {
		if remembered.Refused, err = k.markBefore(ctx, remembered.Since); err != nil {
			return err
		}
		remembered.Marked = true
	}
	if err := k.reviewBaselines(ctx, now.policies, &remembered); err != nil {
		return err
	}
	return k.publishState(k.restores.Load(), &remembered)
}

// firstSeen returns and stores the memory of policies that are not remembered.
func (k *Keeper) firstSeen(ctx context.Context, policies *policySet, reviewed revisions) (memory, error) {
	since, err := k.countsSince(ctx, policies)
	if err != nil {
		return memory{}, err
	}
	seen := memory{Policies: policies.identities, Since: since, Reviewed: reviewed}
	return seen, k.memories.writeMemory(ctx, seen)
}

// publishState adds the memory of its policies to their state.
func (k *Keeper) publishState(of *state, remembered *memory) error {
	if !of.inForce() || !of.policies.hasIdentities(remembered.Policies) {
		return errChanged
	}
	next := &state{
		policies: of.policies, since: remembered.Since, marked: remembered.Marked, refused: remembered.Refused,
		listed: remembered.Listed, unreviewed: remembered.Unreviewed,
	}
	if !k.restores.CompareAndSwap(of, next) {
		return errChanged
	}
	return nil
}

// awaitGrace waits until every API server has loaded the policies, because another one would still accept annotations and
// Baselines after these are listed.
func (k *Keeper) awaitGrace(ctx context.Context) error {
	select {
	case <-k.clock.After(k.grace):
		return nil
	case <-k.led:
		sendSignal(k.led)
		return errChanged
	case <-ctx.Done():
		return ctx.Err()
	}
}

// markBefore marks the namespaces that are older than the policies.
func (k *Keeper) markBefore(ctx context.Context, since time.Time) (refused map[types.UID]string, err error) {
	began := k.clock.Now()
	count, refused, err := k.marker.markAll(ctx, k.settledTime(since))
	if err != nil {
		return nil, err
	}
	k.recorder.NamespacesMarked(count)
	log.FromContext(ctx).Info("Marked the namespaces whose annotation is older than the admission policies", "namespaces", count,
		"since", since, "milliseconds", k.clock.Since(began).Milliseconds())
	return refused, nil
}
