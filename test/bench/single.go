//go:build bench

package main

import (
	"context"
	"time"
)

// The reported quantiles.
var quantiles = []struct {
	name string
	at   float64
}{{"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}}

// warmUp is the number of uncounted namespaces of each side, for connections, caches and the compiled plan.
const warmUp = 5

// measureSingles measures one namespace at a time, floor and Seedbed in turn.
func (b *bench) measureSingles(ctx context.Context) error {
	for _, size := range b.sizes {
		logf("%d objects: %d namespaces one at a time", size, b.singles)
		floor, seed, err := b.runSingles(ctx, size)
		if err != nil {
			return err
		}
		for _, q := range quantiles {
			b.report.addTimes("one at a time: last object, "+q.name, size, quantile(floor.last, q.at), quantile(seed.last, q.at))
		}
		for _, q := range quantiles {
			b.report.addTimes("one at a time: BaselineReady, "+q.name, size, quantile(floor.last, q.at), quantile(seed.ready, q.at))
		}
		b.report.addTimes("one at a time: the create itself, p50", size, quantile(floor.create, 0.5), quantile(seed.create, 0.5))
	}
	return nil
}

// samples are the times of many lone namespaces.
type samples struct{ create, last, ready []time.Duration }

func (s *samples) add(o loneTimes) {
	s.create, s.last, s.ready = append(s.create, o.create), append(s.last, o.last), append(s.ready, o.ready)
}

func (b *bench) runSingles(ctx context.Context, size int) (floor, seed samples, err error) {
	setup := b.floors[size]
	for i := range warmUp + b.singles {
		bareTimes, err := b.floorSingle(ctx, setup.oneClient, setup.bodies, setup.one.Objects)
		if err := firstError(err, pauseFor(ctx, quiet)); err != nil {
			return floor, seed, err
		}
		ours, err := b.seedbedSingle(ctx, setup.oneClient, size)
		if err := firstError(err, pauseFor(ctx, quiet)); err != nil {
			return floor, seed, err
		}
		if i >= warmUp {
			floor.add(bareTimes)
			seed.add(ours)
		}
	}
	return floor, seed, nil
}

// seedbedSingle creates one annotated namespace and waits until Seedbed has filled it.
func (b *bench) seedbedSingle(ctx context.Context, client *bareClient, size int) (loneTimes, error) {
	name := b.uniqueName(seedbedPrefix)
	seen := b.observer.expectNamespace(name, size)
	began := time.Now()
	if err := client.createNamespace(ctx, name, baselineName(size)); err != nil {
		return loneTimes{}, err
	}
	created := time.Since(began)
	if err := firstError(awaitClosed(ctx, "the last object of "+name, seen.full), awaitClosed(ctx, name+" to be ready", seen.ready)); err != nil {
		return loneTimes{}, b.explainError(name, err)
	}
	return loneTimes{create: created, last: seen.lastAt.Sub(began), ready: seen.readyAt.Sub(began)}, nil
}
