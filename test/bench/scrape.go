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

// families are a process's metrics by name.
type families map[string]*dto.MetricFamily

func (b *bench) serverMetrics(ctx context.Context) (families, error) {
	raw, err := b.admin.CoreV1().RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the API server's metrics: %w", err)
	}
	return parse(raw)
}

func (b *bench) controllerMetrics(ctx context.Context) (families, error) {
	raw, err := b.controller.Scrape(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the controller's metrics: %w", err)
	}
	return parse(raw)
}

// fetch gets what the controller serves.
func fetch(ctx context.Context, url string) ([]byte, error) {
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

func parse(raw []byte) (families, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	return parser.TextToMetricFamilies(bytes.NewReader(raw))
}

// labelsOf are a metric's labels.
func labelsOf(metric *dto.Metric) map[string]string {
	out := map[string]string{}
	for _, pair := range metric.GetLabel() {
		out[pair.GetName()] = pair.GetValue()
	}
	return out
}

// sum adds up the series of a counter or gauge that keep says yes to; all where it is nil.
func (f families) sum(name string, keep func(map[string]string) bool) float64 {
	total := 0.0
	for _, metric := range f[name].GetMetric() {
		if keep == nil || keep(labelsOf(metric)) {
			total += metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
		}
	}
	return total
}
