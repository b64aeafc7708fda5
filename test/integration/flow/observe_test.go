package flow

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"seedbed.dev/seedbed/test/seedbed"
)

// readMetrics returns a controller's metrics.
func readMetrics(ctx context.Context, c *seedbed.Controller) (map[string]*dto.MetricFamily, error) {
	text, err := c.Scrape(ctx)
	if err != nil {
		return nil, err
	}
	return parseMetrics(text)
}

func parseMetrics(text []byte) (map[string]*dto.MetricFamily, error) {
	parser := expfmt.NewTextParser(model.LegacyValidation)
	return parser.TextToMetricFamilies(bytes.NewReader(text))
}

// readMetric returns the sum of a controller's metric, or of a histogram's count, over the series with this label.
func readMetric(ctx context.Context, c *seedbed.Controller, name, label, value string) (float64, error) {
	families, err := readMetrics(ctx, c)
	if err != nil {
		return 0, err
	}
	return sumMetric(families[name], label, value), nil
}

func sumMetric(family *dto.MetricFamily, label, value string) (sum float64) {
	for _, series := range family.GetMetric() {
		if label == "" || slices.ContainsFunc(series.GetLabel(), func(pair *dto.LabelPair) bool {
			return pair.GetName() == label && pair.GetValue() == value
		}) {
			sum += series.GetGauge().GetValue() + series.GetCounter().GetValue() + float64(series.GetHistogram().GetSampleCount())
		}
	}
	return sum
}

// queueIsEmpty returns an error while the controller's queue of namespaces is not empty.
func queueIsEmpty(ctx context.Context, c *seedbed.Controller) error {
	depth, err := readMetric(ctx, c, "workqueue_depth", "name", "namespace")
	if err != nil {
		return err
	}
	if depth > 0 {
		return fmt.Errorf("%v namespaces are in the queue", depth)
	}
	return nil
}

// warningList keeps the warnings that the API server sends with its answers.
type warningList struct {
	mu   sync.Mutex
	list []string
}

// HandleWarningHeaderWithContext implements rest.WarningHandlerWithContext.
func (e *warningList) HandleWarningHeaderWithContext(_ context.Context, _ int, _, text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, text)
}

func (e *warningList) requireWarnings(t *testing.T, texts ...string) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	all := strings.Join(e.list, "\n")
	for _, text := range texts {
		if !strings.Contains(all, text) {
			t.Errorf("the warnings %q do not say %q", all, text)
		}
	}
}
