//go:build bench

package main

import (
	"context"
	"sort"
	"time"
)

// call is one kind of request to the API server.
type call struct{ Verb, Resource string }

// callsSettle is how long after the last namespace its event and everybody's follow-ups have been sent.
const callsSettle = 3 * time.Second

// countCalls counts the API calls for one namespace, as the API server counts them.
func (b *bench) countCalls(ctx context.Context) error {
	for _, size := range b.sizes {
		say("%d objects: counting the API calls of %d namespaces", size, b.calls)
		setup := b.floors[size]
		empty, err := b.callsOf(ctx, func() error {
			_, err := b.floorOne(ctx, setup.oneClient, nil, 1)
			return err
		})
		if err != nil {
			return err
		}
		ours, err := b.callsOf(ctx, func() error {
			_, err := b.seedbedOne(ctx, setup.oneClient, size)
			return err
		})
		if err != nil {
			return err
		}
		b.report.calls(size, difference(ours, empty))
	}
	return nil
}

// callsOf is how many calls one of a series cost, on average.
func (b *bench) callsOf(ctx context.Context, do func() error) (map[call]float64, error) {
	before, err := b.callsSoFar(ctx)
	if err != nil {
		return nil, err
	}
	for range b.calls {
		if err := firstError(do(), pause(ctx, quiet)); err != nil {
			return nil, err
		}
	}
	if err := pause(ctx, callsSettle); err != nil {
		return nil, err
	}
	after, err := b.callsSoFar(ctx)
	if err != nil {
		return nil, err
	}
	out := map[call]float64{}
	for key, count := range difference(after, before) {
		out[key] = count / float64(b.calls)
	}
	return out, nil
}

func (b *bench) callsSoFar(ctx context.Context) (map[call]float64, error) {
	metrics, err := b.serverMetrics(ctx)
	if err != nil {
		return nil, err
	}
	out := map[call]float64{}
	for _, metric := range metrics["apiserver_request_total"].GetMetric() {
		labels := labelsOf(metric)
		if counted(labels) {
			resource := labels["resource"]
			if labels["subresource"] != "" {
				resource += "/" + labels["subresource"]
			}
			out[call{labels["verb"], resource}] += metric.GetCounter().GetValue()
		}
	}
	return out, nil
}

// counted leaves out what goes on whether namespaces are made or not: leases, watches, probes, and this
// program's own reading of metrics.
func counted(labels map[string]string) bool {
	return labels["resource"] != "" && labels["resource"] != "leases" && labels["verb"] != "WATCH"
}

// difference is what the first has more than the second; what is equal is left out.
func difference(first, second map[call]float64) map[call]float64 {
	out := map[call]float64{}
	for key, count := range first {
		if more := count - second[key]; more != 0 {
			out[key] = more
		}
	}
	for key, count := range second {
		if _, found := first[key]; !found && count != 0 {
			out[key] = -count
		}
	}
	return out
}

// sortedCalls are the calls, the most frequent first.
func sortedCalls(calls map[call]float64) []call {
	var out []call
	for key := range calls {
		out = append(out, key)
	}
	sort.Slice(out, func(i, j int) bool {
		a, b := out[i], out[j]
		if calls[a] != calls[b] {
			return calls[a] > calls[b]
		}
		return a.Verb+a.Resource < b.Verb+b.Resource
	})
	return out
}
