//go:build bench

package main

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// burst is what many namespaces at once took.
type burst struct {
	// last and ready are from the first create to the last object, and to the last BaselineReady.
	last, ready time.Duration
	// each are the namespaces' own times to their last object.
	each []time.Duration
	cpu  spent
}

// burst creates namespaces, so many at a time, by begin, and waits until every one is full.
func (b *bench) burst(ctx context.Context, prefix string, namespaces, size, atOnce int, begin func(ctx context.Context, name string) error) (burst, error) {
	names, seen, began := make([]string, namespaces), make([]*sighting, namespaces), make([]time.Time, namespaces)
	for i := range names {
		names[i] = b.name(prefix)
		seen[i] = b.observer.expect(names[i], size)
	}
	before := time.Now()
	group, working := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, name := range names {
		group.Go(func() error {
			began[i] = time.Now()
			return begin(working, name)
		})
	}
	if err := group.Wait(); err != nil {
		return burst{}, err
	}
	var out burst
	for i, s := range seen {
		if err := await(ctx, "the last object of "+names[i], s.full); err != nil {
			return burst{}, b.explain(names[i], err)
		}
		out.last = max(out.last, s.lastAt.Sub(before))
		out.each = append(out.each, s.lastAt.Sub(began[i]))
	}
	if prefix == floorPrefix {
		out.ready = out.last
		return out, nil
	}
	for i, s := range seen {
		if err := await(ctx, names[i]+" to be ready", s.ready); err != nil {
			return burst{}, b.explain(names[i], err)
		}
		out.ready = max(out.ready, s.readyAt.Sub(before))
	}
	return out, nil
}

// seedbedBurst creates annotated namespaces, which ask for the baselines in turn.
func (b *bench) seedbedBurst(ctx context.Context, client *bare, size, namespaces, atOnce int, baselines ...string) (burst, error) {
	var next atomic.Uint32
	return b.burst(ctx, seedbedPrefix, namespaces, size, atOnce, func(ctx context.Context, name string) error {
		return client.createNamespace(ctx, name, baselines[int(next.Add(1))%len(baselines)])
	})
}

// settle is how long the cluster is left alone between bursts.
const settle = 1500 * time.Millisecond

// bursts measures every size of burst with every number of objects.
func (b *bench) bursts(ctx context.Context) error {
	for _, namespaces := range b.options.bursts {
		for _, size := range b.sizes {
			say("%d objects: %d bursts of %d namespaces", size, b.rounds, namespaces)
			rounds, err := b.burstsOf(ctx, size, namespaces)
			if err != nil {
				return err
			}
			b.report.bursts(size, namespaces, rounds)
		}
	}
	return nil
}

// burstsOf makes the rounds. The floor comes first in every other one: whoever is second finds an API server with more to do
// behind it.
func (b *bench) burstsOf(ctx context.Context, size, namespaces int) ([]pair, error) {
	setup, rounds := b.floors[size], make([]pair, b.rounds)
	for i := range rounds {
		floor := func() (err error) {
			rounds[i].floor, err = b.spending(ctx, floorPrefix, func() (burst, error) {
				return b.floorBurst(ctx, setup.burstClient, setup.bodies, namespaces, setup.burst)
			})
			return err
		}
		seed := func() (err error) {
			rounds[i].seed, err = b.spending(ctx, seedbedPrefix, func() (burst, error) {
				return b.seedbedBurst(ctx, setup.burstClient, size, namespaces, setup.burst.Namespaces, baselineName(size))
			})
			return err
		}
		sides := []func() error{floor, seed}
		for turn := range sides {
			if err := sides[(i+turn)%len(sides)](); err != nil {
				return nil, err
			}
		}
		say("%d objects: a burst of %d took the floor %s and Seedbed %s", size, namespaces, rounds[i].floor.last.Round(time.Millisecond), rounds[i].seed.last.Round(time.Millisecond))
	}
	return rounds, nil
}

// spending adds the CPU that a burst costs, what follows it included. side is the floor's or Seedbed's.
func (b *bench) spending(ctx context.Context, side string, measure func() (burst, error)) (burst, error) {
	before, err := b.usage(ctx)
	if err != nil {
		return burst{}, err
	}
	if err := pause(ctx, settle); err != nil {
		return burst{}, err
	}
	profiled := b.profileWhile(ctx, side)
	out, err := measure()
	if err := errors.Join(err, profiled()); err != nil {
		return burst{}, err
	}
	if err := pause(ctx, settle); err != nil {
		return burst{}, err
	}
	after, err := b.usage(ctx)
	out.cpu = after.minus(before)
	return out, err
}
