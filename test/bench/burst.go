//go:build bench

package main

import (
	"context"
	"errors"
	"fmt"
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

// seedbedBurst creates annotated namespaces.
func (b *bench) seedbedBurst(ctx context.Context, client *bare, size, namespaces, atOnce int) (burst, error) {
	return b.burst(ctx, seedbedPrefix, namespaces, size, atOnce, func(ctx context.Context, name string) error {
		return client.createNamespace(ctx, name, baselineName(size))
	})
}

// settle is how long the cluster is left alone between bursts.
const settle = 1500 * time.Millisecond

// bursts measures every size of burst with every number of objects.
func (b *bench) bursts(ctx context.Context) error {
	for _, namespaces := range b.options.bursts {
		for _, size := range b.sizes {
			say("%d objects: %d bursts of %d namespaces", size, b.rounds, namespaces)
			floor, seed, err := b.burstsOf(ctx, size, namespaces)
			if err != nil {
				return err
			}
			b.report.bursts(size, namespaces, floor, seed)
		}
	}
	return nil
}

func (b *bench) burstsOf(ctx context.Context, size, namespaces int) (floor, seed []burst, err error) {
	setup := b.floors[size]
	for range b.rounds {
		bareTimes, err := b.spending(ctx, floorPrefix, func() (burst, error) {
			return b.floorBurst(ctx, setup.burstClient, setup.bodies, namespaces, setup.burst)
		})
		if err != nil {
			return nil, nil, fmt.Errorf("a burst of the floor: %w", err)
		}
		ours, err := b.spending(ctx, seedbedPrefix, func() (burst, error) {
			return b.seedbedBurst(ctx, setup.burstClient, size, namespaces, setup.burst.Namespaces)
		})
		if err != nil {
			return nil, nil, fmt.Errorf("a burst of restores: %w", err)
		}
		floor, seed = append(floor, bareTimes), append(seed, ours)
	}
	return floor, seed, nil
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
