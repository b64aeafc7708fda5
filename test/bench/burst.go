//go:build bench

package main

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// burst holds the times of many namespaces that are created at once.
type burst struct {
	// last and ready are from the first create to the last object, and to the last BaselineReady.
	last, ready time.Duration
	// each holds every namespace's own time to its last object.
	each []time.Duration
	cpu  cpuTime
}

// runBurst creates namespaces by begin, at most atOnce at a time, and waits until every one is full.
func (b *bench) runBurst(ctx context.Context, prefix string, namespaces, size, atOnce int, begin func(ctx context.Context, name string) error) (burst, error) {
	names, seen, began := make([]string, namespaces), make([]*sighting, namespaces), make([]time.Time, namespaces)
	for i := range names {
		names[i] = b.uniqueName(prefix)
		seen[i] = b.observer.expectNamespace(names[i], size)
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
		if err := awaitClosed(ctx, "the last object of "+names[i], s.full); err != nil {
			return burst{}, b.explainError(names[i], err)
		}
		out.last = max(out.last, s.lastAt.Sub(before))
		out.each = append(out.each, s.lastAt.Sub(began[i]))
	}
	if prefix == floorPrefix {
		out.ready = out.last
		return out, nil
	}
	for i, s := range seen {
		if err := awaitClosed(ctx, names[i]+" to be ready", s.ready); err != nil {
			return burst{}, b.explainError(names[i], err)
		}
		out.ready = max(out.ready, s.readyAt.Sub(before))
	}
	return out, nil
}

// seedbedBurst creates annotated namespaces, which ask for the baselines in turn.
func (b *bench) seedbedBurst(ctx context.Context, client *bareClient, size, namespaces, atOnce int, baselines ...string) (burst, error) {
	var next atomic.Uint32
	return b.runBurst(ctx, seedbedPrefix, namespaces, size, atOnce, func(ctx context.Context, name string) error {
		return client.createNamespace(ctx, name, baselines[int(next.Add(1))%len(baselines)])
	})
}

// settle is the pause between bursts.
const settle = 1500 * time.Millisecond

// measureBursts measures every size of burst with every number of objects.
func (b *bench) measureBursts(ctx context.Context) error {
	for _, namespaces := range b.bursts {
		for _, size := range b.sizes {
			logf("%d objects: %d bursts of %d namespaces", size, b.rounds, namespaces)
			rounds, err := b.runRounds(ctx, size, namespaces)
			if err != nil {
				return err
			}
			b.report.addBursts(size, namespaces, rounds)
		}
	}
	return nil
}

// runRounds measures the rounds. The floor comes first in every other one, because the second side's API server still has
// work left from the first.
func (b *bench) runRounds(ctx context.Context, size, namespaces int) ([]burstPair, error) {
	setup, rounds := b.floors[size], make([]burstPair, b.rounds)
	for i := range rounds {
		floor := func() (err error) {
			rounds[i].floor, err = b.measureCPU(ctx, floorPrefix, func() (burst, error) {
				return b.floorBurst(ctx, setup.burstClient, setup.bodies, namespaces, setup.burst)
			})
			return err
		}
		seed := func() (err error) {
			rounds[i].seed, err = b.measureCPU(ctx, seedbedPrefix, func() (burst, error) {
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
		logf("%d objects: a burst of %d took the floor %s and Seedbed %s", size, namespaces, rounds[i].floor.last.Round(time.Millisecond), rounds[i].seed.last.Round(time.Millisecond))
	}
	return rounds, nil
}

// measureCPU adds the CPU that a burst and its follow-ups cost. side names the floor or Seedbed.
func (b *bench) measureCPU(ctx context.Context, side string, measure func() (burst, error)) (burst, error) {
	before, err := b.readUsage(ctx)
	if err != nil {
		return burst{}, err
	}
	if err := pauseFor(ctx, settle); err != nil {
		return burst{}, err
	}
	profiled := b.startProfile(ctx, side)
	out, err := measure()
	if err := errors.Join(err, profiled()); err != nil {
		return burst{}, err
	}
	if err := pauseFor(ctx, settle); err != nil {
		return burst{}, err
	}
	after, err := b.readUsage(ctx)
	out.cpu = after.minus(before)
	return out, err
}
