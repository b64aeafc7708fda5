//go:build bench

package main

import (
	"context"
	"time"
)

// quantiles that are told.
var quantiles = []struct {
	name string
	at   float64
}{{"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}}

// warmUp is how many namespaces of each are made before it counts: connections, caches, the compiled plan.
const warmUp = 5

// singles measures one namespace at a time, floor and Seedbed in turn.
func (b *bench) singles(ctx context.Context) error {
	for _, size := range b.sizes {
		say("%d objects: %d namespaces one at a time", size, b.options.singles)
		floor, seed, err := b.singlesOf(ctx, size)
		if err != nil {
			return err
		}
		for _, q := range quantiles {
			b.report.times("one at a time: last object, "+q.name, size, quantile(floor.last, q.at), quantile(seed.last, q.at))
		}
		for _, q := range quantiles {
			b.report.times("one at a time: BaselineReady, "+q.name, size, quantile(floor.last, q.at), quantile(seed.ready, q.at))
		}
		b.report.times("one at a time: the create itself, p50", size, quantile(floor.create, 0.5), quantile(seed.create, 0.5))
	}
	return nil
}

// samples are the times of many lone namespaces.
type samples struct{ create, last, ready []time.Duration }

func (s *samples) add(o one) {
	s.create, s.last, s.ready = append(s.create, o.create), append(s.last, o.last), append(s.ready, o.ready)
}

func (b *bench) singlesOf(ctx context.Context, size int) (floor, seed samples, err error) {
	setup := b.floors[size]
	for i := range warmUp + b.options.singles {
		bareTimes, err := b.floorOne(ctx, setup.oneClient, setup.bodies, setup.one.Objects)
		if err := firstError(err, pause(ctx, quiet)); err != nil {
			return floor, seed, err
		}
		ours, err := b.seedbedOne(ctx, setup.oneClient, size)
		if err := firstError(err, pause(ctx, quiet)); err != nil {
			return floor, seed, err
		}
		if i >= warmUp {
			floor.add(bareTimes)
			seed.add(ours)
		}
	}
	return floor, seed, nil
}

// seedbedOne makes one annotated namespace and waits until Seedbed has filled it.
func (b *bench) seedbedOne(ctx context.Context, client *bare, size int) (one, error) {
	name := b.name(seedbedPrefix)
	seen := b.observer.expect(name, size)
	began := time.Now()
	if err := client.createNamespace(ctx, name, baselineName(size)); err != nil {
		return one{}, err
	}
	created := time.Since(began)
	if err := firstError(await(ctx, "the last object of "+name, seen.full), await(ctx, name+" to be ready", seen.ready)); err != nil {
		return one{}, b.explain(name, err)
	}
	return one{create: created, last: seen.lastAt.Sub(began), ready: seen.readyAt.Sub(began)}, nil
}
