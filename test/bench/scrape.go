//go:build bench

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// metricFamilies are a process's metrics by name.
type metricFamilies map[string]*dto.MetricFamily

func (b *bench) serverMetrics(ctx context.Context) (metricFamilies, error) {
	raw, err := b.admin.CoreV1().RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the API server's metrics: %w", err)
	}
	return parseMetrics(raw)
}

func (b *bench) controllerMetrics(ctx context.Context) (metricFamilies, error) {
	raw, err := b.controller.Scrape(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the controller's metrics: %w", err)
	}
	return parseMetrics(raw)
}

// fetchURL returns a response of the controller.
func fetchURL(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s: %s", url, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

func parseMetrics(raw []byte) (metricFamilies, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	return parser.TextToMetricFamilies(bytes.NewReader(raw))
}

// labelsOf returns a metric's labels.
func labelsOf(metric *dto.Metric) map[string]string {
	out := map[string]string{}
	for _, pair := range metric.GetLabel() {
		out[pair.GetName()] = pair.GetValue()
	}
	return out
}

// sumSeries adds up the series of a counter or gauge that keep accepts; all if keep is nil.
func (f metricFamilies) sumSeries(name string, keep func(map[string]string) bool) float64 {
	total := 0.0
	for _, metric := range f[name].GetMetric() {
		if keep == nil || keep(labelsOf(metric)) {
			total += metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
		}
	}
	return total
}
