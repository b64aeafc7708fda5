//go:build bench

package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// idleSamples is the least number of namespaces beside an idle controller. The API server collects garbage every quarter of a minute
// or so, and answers several times slower for a second then: fewer samples may have none of that, and their p99 would say nothing.
const idleSamples = 2000

// measureNewNamespaces creates namespaces one at a time, first beside an idle controller and then beside a rollout.
func (b *bench) measureNewNamespaces(ctx context.Context, name string, baseline *v1alpha1.Baseline, size int) error {
	logf("%snew namespaces beside an idle controller, and beside the rollout", name)
	if err := b.backUp(ctx, size, "rollout-again", func(object *corev1.ConfigMap) { object.Data["log"] = "level: warn\n" }); err != nil {
		return err
	}
	idle, err := b.createSingles(ctx, size, func(done int) bool { return done < max(b.singles, idleSamples) })
	if err != nil {
		return err
	}
	var rolledOut atomic.Bool
	group, working := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer rolledOut.Store(true)
		_, err := b.rollOut(working, baseline, "rollout-again")
		return err
	})
	busy, err := b.createSingles(working, size, func(int) bool { return !rolledOut.Load() })
	if err := firstError(group.Wait(), err); err != nil {
		return err
	}
	for _, q := range quantiles {
		b.report.addTimes(fmt.Sprintf("%snew namespaces to BaselineReady, idle (%d) and beside it (%d), %s", name, len(idle), len(busy), q.name), size, quantile(idle, q.at), quantile(busy, q.at))
	}
	return b.reportMemory(ctx, name+"at the end, ")
}

// createSingles creates namespaces one at a time, and returns each one's time to BaselineReady.
func (b *bench) createSingles(ctx context.Context, size int, more func(done int) bool) ([]time.Duration, error) {
	var ready []time.Duration
	for more(len(ready)) {
		times, err := b.seedbedSingle(ctx, b.floors[size].oneClient, size)
		if err != nil {
			return nil, err
		}
		ready = append(ready, times.ready)
		if err := pauseFor(ctx, quiet); err != nil {
			return nil, err
		}
	}
	return ready, nil
}
