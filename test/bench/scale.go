//go:build bench

package main

import (
	"context"
	"fmt"
	"time"

	"seedbed.dev/seedbed/test/cluster"
)

const (
	// idleFor is how long an idle controller is watched: longer than a resync or a renewal takes.
	idleFor = time.Minute
	// caughtUpWithin bounds the wait for a restarted controller.
	caughtUpWithin = 5 * time.Minute
)

// measureScale populates thousands of namespaces, and then measures the idle controller: its memory, its calls, and
// the time in which a restarted one has reconciled every namespace.
func (b *bench) measureScale(ctx context.Context) error {
	if b.many == 0 {
		return nil
	}
	size := b.sizes[0]
	setup := b.floors[size]
	baselines, err := b.createBaselines(ctx, size)
	if err != nil {
		return err
	}
	logf("scale: %d namespaces of %d objects, from %d of %d baselines", b.many, size, len(baselines), manyBaselines)
	populated, err := b.seedbedBurst(ctx, setup.burstClient, size, b.many, setup.burst.Namespaces, baselines...)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("scale, %d namespaces: ", b.many)
	b.report.addRow(row{Measurement: name + "rate to the last BaselineReady", Objects: size, Unit: "namespaces/s", Seedbed: float64(b.many) / populated.ready.Seconds()})
	if err := firstError(b.reportMemory(ctx, name+"populating, "), pauseFor(ctx, settle)); err != nil {
		return err
	}
	if err := b.reportIdleLists(ctx, name); err != nil {
		return err
	}
	return b.measureRestart(ctx, name)
}

// reportIdleLists counts the lists of an idle controller.
func (b *bench) reportIdleLists(ctx context.Context, name string) error {
	logf("%san idle controller for %s", name, idleFor)
	before, err := b.readCalls(ctx)
	if err != nil {
		return err
	}
	if err := pauseFor(ctx, idleFor); err != nil {
		return err
	}
	after, err := b.readCalls(ctx)
	if err != nil {
		return err
	}
	idle := subtractCalls(after, before)
	logCalls("while idle", idle)
	delete(idle, call{"LIST", "services"}) // the API server's own, every few minutes, to repair its port allocation
	b.report.addRow(row{Measurement: fmt.Sprintf("%sidle for %s, lists by anybody but the API server", name, idleFor), Unit: "calls", Seedbed: countVerbs(idle, "LIST")})
	return nil
}

// measureRestart restarts the controller over namespaces that lack nothing.
func (b *bench) measureRestart(ctx context.Context, name string) error {
	logf("scale: restarting the controller")
	b.controller.Stop()
	before, err := b.readCalls(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	starting, cancel := context.WithTimeout(ctx, caughtUpWithin)
	defer cancel()
	if b.controller, err = b.installation.Start(starting, b.controllerArgs()...); err != nil {
		return err
	}
	if err := cluster.Eventually(starting, b.checkCaughtUp); err != nil {
		return err
	}
	b.report.addRow(row{Measurement: name + "from start to caught up", Unit: "ms", Seedbed: milliseconds(time.Since(began))})
	if err := pauseFor(ctx, callsSettle); err != nil {
		return err
	}
	after, err := b.readCalls(ctx)
	if err != nil {
		return err
	}
	written := subtractCalls(after, before)
	for _, expected := range []call{{"POST", "subjectaccessreviews"}, {"POST", "selfsubjectreviews"}, {"POST", "serviceaccounts/token"}, {"POST", "events"}, {"POST", "tokenreviews"}} {
		delete(written, expected)
	}
	b.report.addRow(row{Measurement: name + "writes of a start, reviews and events aside", Unit: "calls", Seedbed: countVerbs(written, "POST", "PUT", "PATCH", "DELETE")})
	logCalls("after the start", written)
	return b.reportMemory(ctx, name+"started again, ")
}

// checkCaughtUp returns an error until the controller has reconciled every namespace and its queue is empty.
func (b *bench) checkCaughtUp(ctx context.Context) error {
	metrics, err := b.controllerMetrics(ctx)
	if err != nil {
		return err
	}
	ours := func(labels map[string]string) bool { return labels["controller"] == "namespace" }
	done := metrics.sumSeries("controller_runtime_reconcile_total", ours)
	left := metrics.sumSeries("workqueue_depth", ours) + metrics.sumSeries("controller_runtime_active_workers", ours)
	if done < float64(b.many) || left > 0 {
		return fmt.Errorf("%.0f reconciles of namespaces are done, %.0f are left", done, left)
	}
	return nil
}

// reportMemory reports the controller's peak, and the plans' part of it.
func (b *bench) reportMemory(ctx context.Context, name string) error {
	peak, err := peakMemory(b.controller.PID())
	if err != nil {
		return err
	}
	metrics, err := b.controllerMetrics(ctx)
	if err != nil {
		return err
	}
	b.report.addRow(row{Measurement: name + "peak memory", Unit: "MiB", Seedbed: float64(peak) / (1 << 20)})
	b.report.addRow(row{Measurement: name + "plan cache", Unit: "MiB", Seedbed: metrics.sumSeries("seedbed_plan_cache_bytes", nil) / (1 << 20)})
	return nil
}

// logCalls prints the calls.
func logCalls(when string, calls map[call]float64) {
	for _, each := range sortedCalls(calls) {
		logf("scale: %s %s %s: %.0f", when, each.Verb, each.Resource, calls[each])
	}
}

func countVerbs(calls map[call]float64, verbs ...string) float64 {
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
