//go:build interop

package interop

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"

	"seedbed.dev/seedbed/test/cluster"
	"seedbed.dev/seedbed/test/seedbed"
)

// requireDashboard fails the test if a query of the dashboard is refused or has no answer. Grafana replaces its variables.
func (m *monitored) requireDashboard(t *testing.T) {
	t.Helper()
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(root, "charts", "seedbed", "files", "dashboard.json"))
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(content, &dashboard); err != nil {
		t.Fatal(err)
	}
	queries := 0
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			queries++
			query := strings.NewReplacer("$namespace", seedbed.Namespace, "$__rate_interval", "5m").Replace(target.Expr)
			t.Run(panel.Title, func(t *testing.T) {
				m.requireEventually(t, func(ctx context.Context) error { return m.prometheus.checkAnswered(ctx, t, query) })
			})
		}
	}
	if queries == 0 {
		t.Error("the dashboard has no queries")
	}
}

// checkAnswered returns an error unless the query has an answer of numbers.
func (p *prometheus) checkAnswered(ctx context.Context, t *testing.T, query string) error {
	value, warnings, _, err := p.api.Query(ctx, query, time.Time{}) // now
	if err != nil || len(warnings) > 0 {
		return fmt.Errorf("%s: %w, warnings %v", query, err, warnings)
	}
	answer, ok := value.(model.Vector)
	if !ok || len(answer) == 0 {
		return fmt.Errorf("%s has no answer: %v", query, value)
	}
	for _, sample := range answer {
		if math.IsNaN(float64(sample.Value)) {
			return fmt.Errorf("%s: %s is not a number", query, sample.Metric)
		}
	}
	t.Logf("%s → %d series, the first is %s", query, len(answer), answer[0].Value)
	return nil
}
