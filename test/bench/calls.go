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

// callsSettle is the time after the last namespace until its event and all follow-ups have been sent.
const callsSettle = 3 * time.Second

// countCalls counts the API calls for one namespace, as the API server counts them.
func (b *bench) countCalls(ctx context.Context) error {
	for _, size := range b.sizes {
		logf("%d objects: counting the API calls of %d namespaces", size, b.calls)
		setup := b.floors[size]
		empty, _, err := b.measureCalls(ctx, func() error {
			_, err := b.floorSingle(ctx, setup.oneClient, nil, 1)
			return err
		})
		if err != nil {
			return err
		}
		ours, took, err := b.measureCalls(ctx, func() error {
			_, err := b.seedbedSingle(ctx, setup.oneClient, size)
			return err
		})
		if err != nil {
			return err
		}
		b.report.addCalls(size, subtractCalls(ours, empty), took)
	}
	return nil
}

// measureCalls returns the mean calls for one of a series, and the API server's mean time for each, in seconds.
func (b *bench) measureCalls(ctx context.Context, do func() error) (calls, took map[call]float64, err error) {
	before, err := b.serverMetrics(ctx)
	if err != nil {
		return nil, nil, err
	}
	for range b.calls {
		if err := firstError(do(), pauseFor(ctx, quiet)); err != nil {
			return nil, nil, err
		}
	}
	if err := pauseFor(ctx, callsSettle); err != nil {
		return nil, nil, err
	}
	after, err := b.serverMetrics(ctx)
	if err != nil {
		return nil, nil, err
	}
	calls = subtractCalls(requestCounts(after), requestCounts(before))
	took = subtractCalls(requestSeconds(after), requestSeconds(before))
	for key, count := range calls {
		took[key] /= count
		calls[key] = count / float64(b.calls)
	}
	return calls, took, nil
}

func (b *bench) readCalls(ctx context.Context) (map[call]float64, error) {
	metrics, err := b.serverMetrics(ctx)
	if err != nil {
		return nil, err
	}
	return requestCounts(metrics), nil
}

// requestCounts returns the number of requests of each call.
func requestCounts(metrics metricFamilies) map[call]float64 {
	return groupByCall(metrics["apiserver_request_total"], func(m *dto.Metric) float64 { return m.GetCounter().GetValue() })
}

// requestSeconds returns the API server's total time for each call, in seconds.
func requestSeconds(metrics metricFamilies) map[call]float64 {
	return groupByCall(metrics["apiserver_request_duration_seconds"], func(m *dto.Metric) float64 { return m.GetHistogram().GetSampleSum() })
}

func groupByCall(family *dto.MetricFamily, value func(*dto.Metric) float64) map[call]float64 {
	out := map[call]float64{}
	for _, metric := range family.GetMetric() {
		labels := labelsOf(metric)
		if isCounted(labels) {
			resource := labels["resource"]
			if labels["subresource"] != "" {
				resource += "/" + labels["subresource"]
			}
			out[call{labels["verb"], resource}] += value(metric)
		}
	}
	return out
}

// isCounted reports whether a series counts. It leaves out background requests (leases, watches, probes) and this program's
// own reading of metrics.
func isCounted(labels map[string]string) bool {
	return labels["resource"] != "" && labels["resource"] != "leases" && labels["verb"] != "WATCH"
}

// subtractCalls returns the first minus the second, without zeros.
func subtractCalls(first, second map[call]float64) map[call]float64 {
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

// sortedCalls returns the calls, the most frequent first.
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
