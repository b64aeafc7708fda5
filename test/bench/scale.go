//go:build bench

package main

import (
	"context"
	"fmt"
	"time"

	"seedbed.dev/seedbed/test/cluster"
)

const (
	// idleFor is how long a controller with nothing to do is watched: longer than a resync or a renewal would take.
	idleFor = time.Minute
	// caughtUpWithin bounds the wait for a controller that was started again.
	caughtUpWithin = 5 * time.Minute
)

// scale populates thousands of namespaces, and then looks at what they cost a controller that has nothing more to do: its
// memory, its calls while idle, and how soon one that is started again has looked at every one of them.
func (b *bench) scale(ctx context.Context) error {
	if b.many == 0 {
		return nil
	}
	size := b.sizes[0]
	setup := b.floors[size]
	baselines, err := b.moreBaselines(ctx, size)
	if err != nil {
		return err
	}
	say("scale: %d namespaces of %d objects, from %d of %d baselines", b.many, size, len(baselines), manyBaselines)
	populated, err := b.seedbedBurst(ctx, setup.burstClient, size, b.many, setup.burst.Namespaces, baselines...)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("scale, %d namespaces: ", b.many)
	b.report.add(row{Measurement: name + "rate to the last BaselineReady", Objects: size, Unit: "namespaces/s", Seedbed: float64(b.many) / populated.ready.Seconds()})
	if err := firstError(b.memory(ctx, name+"populating, "), pause(ctx, settle)); err != nil {
		return err
	}
	say("scale: an idle controller for %s", idleFor)
	before, err := b.callsSoFar(ctx)
	if err != nil {
		return err
	}
	if err := pause(ctx, idleFor); err != nil {
		return err
	}
	after, err := b.callsSoFar(ctx)
	if err != nil {
		return err
	}
	idle := difference(after, before)
	tellCalls("while idle", idle)
	delete(idle, call{"LIST", "services"}) // the API server's own, every few minutes, to mend its allocation of ports
	b.report.add(row{Measurement: fmt.Sprintf("%sidle for %s, lists by anybody but the API server", name, idleFor), Unit: "calls", Seedbed: count(idle, "LIST")})
	return b.restart(ctx, name)
}

// restart starts the controller again over namespaces that lack nothing.
func (b *bench) restart(ctx context.Context, name string) error {
	say("scale: starting the controller again")
	b.controller.Stop()
	before, err := b.callsSoFar(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	starting, cancel := context.WithTimeout(ctx, caughtUpWithin)
	defer cancel()
	if b.controller, err = b.installation.Start(starting, b.arguments()...); err != nil {
		return err
	}
	if err := cluster.Eventually(starting, b.caughtUp); err != nil {
		return err
	}
	b.report.add(row{Measurement: name + "from start to caught up", Unit: "ms", Seedbed: milliseconds(time.Since(began))})
	if err := pause(ctx, callsSettle); err != nil {
		return err
	}
	after, err := b.callsSoFar(ctx)
	if err != nil {
		return err
	}
	written := difference(after, before)
	for _, expected := range []call{{"POST", "subjectaccessreviews"}, {"POST", "selfsubjectreviews"}, {"POST", "serviceaccounts/token"}, {"POST", "events"}, {"POST", "tokenreviews"}} {
		delete(written, expected)
	}
	b.report.add(row{Measurement: name + "writes of a start, reviews and events aside", Unit: "calls", Seedbed: count(written, "POST", "PUT", "PATCH", "DELETE")})
	tellCalls("after the start", written)
	return b.memory(ctx, name+"started again, ")
}

// caughtUp says whether the controller has looked at every namespace and has nothing left to do.
func (b *bench) caughtUp(ctx context.Context) error {
	metrics, err := b.controllerMetrics(ctx)
	if err != nil {
		return err
	}
	ours := func(labels map[string]string) bool { return labels["controller"] == "namespace" }
	done := metrics.sum("controller_runtime_reconcile_total", ours)
	left := metrics.sum("workqueue_depth", ours) + metrics.sum("controller_runtime_active_workers", ours)
	if done < float64(b.many) || left > 0 {
		return fmt.Errorf("%.0f looks at namespaces were had, %.0f are to come", done, left)
	}
	return nil
}

// memory reports the controller's peak, and what of it are plans.
func (b *bench) memory(ctx context.Context, name string) error {
	peak, err := peakMemory(b.controller.PID())
	if err != nil {
		return err
	}
	metrics, err := b.controllerMetrics(ctx)
	if err != nil {
		return err
	}
	b.report.add(row{Measurement: name + "peak memory", Unit: "MiB", Seedbed: float64(peak) / (1 << 20)})
	b.report.add(row{Measurement: name + "plan cache", Unit: "MiB", Seedbed: metrics.sum("seedbed_plan_cache_bytes", nil) / (1 << 20)})
	return nil
}

// tellCalls says which calls there were.
func tellCalls(when string, calls map[call]float64) {
	for _, each := range sortedCalls(calls) {
		say("scale: %s %s %s: %.0f", when, each.Verb, each.Resource, calls[each])
	}
}

func count(calls map[call]float64, verbs ...string) float64 {
	total := 0.0
	for each, number := range calls {
		for _, verb := range verbs {
			if each.Verb == verb {
				total += number
			}
		}
	}
	return total
}
