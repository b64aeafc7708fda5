package flow

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"seedbed.dev/seedbed/test/cluster"
)

var (
	defined = regexp.MustCompile(`"(seedbed_[a-z_]+)"`)
	served  = regexp.MustCompile(`(?m)^# TYPE ([a-z_]+) `)
	asked   = regexp.MustCompile(`\b(?:seedbed|workqueue|controller_runtime|leader_election)_[a-z_]+`)
	alert   = regexp.MustCompile(`(?m)- alert: (\w+)$`)
)

// The chart's alerts and its dashboard use metrics that a controller has.
func TestAlertsAndDashboardUseExistingMetrics(t *testing.T) {
	e := sharedInstallation(t)
	known := map[string]bool{}
	for _, match := range defined.FindAllStringSubmatch(e.readRepositoryFile("pkg/metrics/series.go"), -1) {
		known[match[1]] = true // some are served only after their first event
	}
	text, err := running.Scrape(e.ctx())
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range served.FindAllStringSubmatch(string(text), -1) {
		known[match[1]] = true
	}
	for _, file := range []string{"charts/seedbed/templates/monitoring/prometheusrule.yaml", "charts/seedbed/files/dashboard.json"} {
		names := asked.FindAllString(e.readRepositoryFile(file), -1)
		if len(names) == 0 {
			t.Errorf("%s asks for nothing", file)
		}
		for _, name := range names {
			for _, suffix := range []string{"_bucket", "_count", "_sum"} {
				if base, ok := strings.CutSuffix(name, suffix); ok {
					name = base
				}
			}
			if !known[name] {
				t.Errorf("%s asks for %s, which no controller has", file, name)
			}
		}
	}
}

// runbook_url points at a heading of the chart's README.
func TestEachAlertIsExplained(t *testing.T) {
	e := sharedInstallation(t)
	readme := e.readRepositoryFile("charts/seedbed/README.md")
	rules := e.readRepositoryFile("charts/seedbed/templates/monitoring/prometheusrule.yaml")
	alerts := alert.FindAllStringSubmatch(rules, -1)
	if len(alerts) == 0 {
		t.Fatal("there are no alerts")
	}
	for _, match := range alerts {
		if !strings.Contains(readme, "\n### "+match[1]+"\n") {
			t.Errorf("the chart's README does not explain %s", match[1])
		}
		if !strings.Contains(rules, `"`+match[1]+`"`) {
			t.Errorf("%s has no runbook_url", match[1])
		}
	}
	if runbooks := strings.Count(rules, " runbook: "); runbooks != len(alerts) {
		t.Errorf("%d of %d alerts have a runbook line", runbooks, len(alerts))
	}
}

// readRepositoryFile returns a file of the repository.
func (e *env) readRepositoryFile(path string) string {
	e.t.Helper()
	root, err := cluster.Root()
	if err != nil {
		e.t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		e.t.Fatal(err)
	}
	return string(content)
}
