//go:build bench

package main

import (
	"context"
	"fmt"
	"math"
	"time"

	"golang.org/x/sync/errgroup"
)

// load is a series of creates at a steady rate.
type load struct {
	perSecond int
	length    time.Duration
	// objects of each namespace; zero for none.
	objects int
	webhook string
}

// admissionLoads returns the two loads that the design has figures for.
func (b *bench) admissionLoads() []load {
	restored := b.sizes[0]
	for _, size := range b.sizes {
		if size == 20 {
			restored = size
		}
	}
	return []load{
		{perSecond: 10, length: 15 * time.Second, objects: restored, webhook: "choose.seedbed.dev"},
		{perSecond: 50, length: 6 * time.Second, webhook: "populate.seedbed.dev"},
	}
}

// measureAdmission measures the webhooks' cost for the client that creates a namespace.
func (b *bench) measureAdmission(ctx context.Context) error {
	if b.skipAdmission {
		return nil
	}
	for _, l := range b.admissionLoads() {
		logf("admission: %d creates a second for %s, with and without the webhook", l.perSecond, l.length)
		without, err := b.createWithoutWebhook(ctx, l)
		if err != nil {
			return err
		}
		with, calls, err := b.createWithWebhook(ctx, l)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("admission, %d/s: ", l.perSecond)
		b.report.addTimes(name+"the create, p50", l.objects, quantile(without, 0.5), quantile(with, 0.5))
		b.report.addTimes(name+"the create, p99", l.objects, quantile(without, 0.99), quantile(with, 0.99))
		b.report.addRow(row{Measurement: name + l.webhook + ", mean", Objects: l.objects, Unit: "ms", Seedbed: 1000 * calls.mean()})
		for _, share := range []float64{0.5, 0.99} {
			b.report.addRow(row{
				Measurement: fmt.Sprintf("%s%s, p%.0f at most", name, l.webhook, 100*share),
				Objects:     l.objects, Unit: "ms", Seedbed: 1000 * calls.upperBound(share),
			})
		}
	}
	return pauseFor(ctx, settle)
}

// createWithoutWebhook is the floor's side: namespaces that no webhook sees, filled by the bare client.
func (b *bench) createWithoutWebhook(ctx context.Context, l load) ([]time.Duration, error) {
	return b.runAtRate(ctx, l, func(ctx context.Context) (time.Duration, error) {
		setup := b.floors[b.sizes[0]]
		var objects [][]byte
		if l.objects > 0 {
			setup = b.floors[l.objects]
			objects = setup.bodies
		}
		times, err := b.floorSingle(ctx, setup.oneClient, objects, setup.one.Objects)
		return times.create, err
	})
}

// createWithWebhook is Seedbed's side; it also returns the API server's own figures of its webhook.
func (b *bench) createWithWebhook(ctx context.Context, l load) ([]time.Duration, histogram, error) {
	before, err := b.serverMetrics(ctx)
	if err != nil {
		return nil, histogram{}, err
	}
	client := b.floors[b.sizes[0]].oneClient
	taken, err := b.runAtRate(ctx, l, func(ctx context.Context) (time.Duration, error) {
		if l.objects > 0 {
			times, err := b.seedbedSingle(ctx, client, l.objects)
			return times.create, err
		}
		began := time.Now()
		err := client.createNamespace(ctx, b.uniqueName(seedbedPrefix), "")
		return time.Since(began), err
	})
	if err != nil {
		return nil, histogram{}, err
	}
	after, err := b.serverMetrics(ctx)
	if err != nil {
		return nil, histogram{}, err
	}
	return taken, webhookCalls(after, l.webhook).minus(webhookCalls(before, l.webhook)), nil
}

// runAtRate calls do at a rate, however long each call takes.
func (b *bench) runAtRate(ctx context.Context, l load, do func(context.Context) (time.Duration, error)) ([]time.Duration, error) {
	count := int(l.length.Seconds() * float64(l.perSecond))
	taken := make([]time.Duration, count)
	group, working := errgroup.WithContext(ctx)
	ticker := time.NewTicker(time.Second / time.Duration(l.perSecond))
	defer ticker.Stop()
	for i := range count {
		select {
		case <-working.Done():
			return nil, group.Wait()
		case <-ticker.C:
		}
		group.Go(func() (err error) {
			taken[i], err = do(working)
			return err
		})
	}
	return taken, group.Wait()
}

// histogram is a cumulative histogram, by upper bound.
type histogram struct {
	buckets map[float64]float64
	count   float64
	sum     float64
}

func webhookCalls(metrics metricFamilies, name string) histogram {
	out := histogram{buckets: map[float64]float64{}}
	for _, metric := range metrics["apiserver_admission_webhook_admission_duration_seconds"].GetMetric() {
		if labelsOf(metric)["name"] != name {
			continue
		}
		out.count += float64(metric.GetHistogram().GetSampleCount())
		out.sum += metric.GetHistogram().GetSampleSum()
		for _, bucket := range metric.GetHistogram().GetBucket() {
			out.buckets[bucket.GetUpperBound()] += float64(bucket.GetCumulativeCount())
		}
	}
	return out
}

func (h histogram) minus(other histogram) histogram {
	out := histogram{buckets: map[float64]float64{}, count: h.count - other.count, sum: h.sum - other.sum}
	for bound, count := range h.buckets {
		out.buckets[bound] = count - other.buckets[bound]
	}
	return out
}

// mean returns the mean of the observations, zero without any.
func (h histogram) mean() float64 {
	if h.count == 0 {
		return 0
	}
	return h.sum / h.count
}

// upperBound returns the least bucket's bound that holds this share of all observations; infinite if none does.
func (h histogram) upperBound(share float64) float64 {
	least := math.Inf(1)
	for bound, count := range h.buckets {
		if count >= share*h.count {
			least = min(least, bound)
		}
	}
	return least
}
