//go:build bench

package main

import (
	"context"
	"sort"
	"time"

	dto "github.com/prometheus/client_model/go"
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
		empty, _, err := b.callsOf(ctx, func() error {
			_, err := b.floorOne(ctx, setup.oneClient, nil, 1)
			return err
		})
		if err != nil {
			return err
		}
		ours, took, err := b.callsOf(ctx, func() error {
			_, err := b.seedbedOne(ctx, setup.oneClient, size)
			return err
		})
		if err != nil {
			return err
		}
		b.report.calls(size, difference(ours, empty), took)
	}
	return nil
}

// callsOf is how many calls one of a series cost, on average, and how long the API server took for each, in seconds.
func (b *bench) callsOf(ctx context.Context, do func() error) (calls, took map[call]float64, err error) {
	before, err := b.serverMetrics(ctx)
	if err != nil {
		return nil, nil, err
	}
	for range b.calls {
		if err := firstError(do(), pause(ctx, quiet)); err != nil {
			return nil, nil, err
		}
	}
	if err := pause(ctx, callsSettle); err != nil {
		return nil, nil, err
	}
	after, err := b.serverMetrics(ctx)
	if err != nil {
		return nil, nil, err
	}
	calls = difference(requests(after), requests(before))
	took = difference(durations(after), durations(before))
	for key, count := range calls {
		took[key] /= count
		calls[key] = count / float64(b.calls)
	}
	return calls, took, nil
}

func (b *bench) callsSoFar(ctx context.Context) (map[call]float64, error) {
	metrics, err := b.serverMetrics(ctx)
	if err != nil {
		return nil, err
	}
	return requests(metrics), nil
}

// requests is how many there were of each call.
func requests(metrics families) map[call]float64 {
	return byCall(metrics["apiserver_request_total"], func(m *dto.Metric) float64 { return m.GetCounter().GetValue() })
}

// durations is how long the API server took for all of each call, in seconds.
func durations(metrics families) map[call]float64 {
	return byCall(metrics["apiserver_request_duration_seconds"], func(m *dto.Metric) float64 { return m.GetHistogram().GetSampleSum() })
}

func byCall(family *dto.MetricFamily, value func(*dto.Metric) float64) map[call]float64 {
	out := map[call]float64{}
	for _, metric := range family.GetMetric() {
		labels := labelsOf(metric)
		if counted(labels) {
			resource := labels["resource"]
			if labels["subresource"] != "" {
				resource += "/" + labels["subresource"]
			}
			out[call{labels["verb"], resource}] += value(metric)
		}
	}
	return out
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
