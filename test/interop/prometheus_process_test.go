//go:build interop

package interop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/prometheus/client_golang/api"
	prometheusv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"seedbed.dev/seedbed/test/cluster"
	"seedbed.dev/seedbed/test/seedbed"
)

// prometheusConfig scrapes the controllers as the chart's ServiceMonitor has it done, and evaluates the chart's alerts, both each
// second. The job is the Service's name, by which the alerts find the metrics.
const prometheusConfig = `
global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: [rules.yaml]
scrape_configs:
  - job_name: seedbed-metrics
    scheme: https
    authorization: {credentials_file: token}
    tls_config: {ca_file: ca.crt}
    file_sd_configs: [{files: [targets.json]}]
`

// prometheus is a Prometheus server that scrapes controllers and evaluates the chart's alerts.
type prometheus struct {
	api prometheusv1.API
	dir string
}

// scrapeTarget is a controller's entry in the file of targets.
type scrapeTarget struct {
	Targets []string          `json:"targets"`
	Labels  map[string]string `json:"labels"`
}

// startPrometheus starts one, which ends with the test. A controller has served before, so that there is a CA to trust.
func startPrometheus(t *testing.T, e *env) *prometheus {
	t.Helper()
	p := &prometheus{dir: t.TempDir()}
	token, err := e.ScrapeToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	secret := &corev1.Secret{}
	if err := e.Client.Get(t.Context(), client.ObjectKey{Namespace: seedbed.Namespace, Name: seedbed.TLSSecret}, secret); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"prometheus.yaml": []byte(prometheusConfig), "token": []byte(token), "ca.crt": secret.Data["ca.crt"], "rules.yaml": renderRules(t), "targets.json": []byte("[]"),
	} {
		p.write(t, name, content)
	}
	address := freeAddress(t)
	runProgram(t, nil, peerBinary(t, "prometheus"), "--config.file="+filepath.Join(p.dir, "prometheus.yaml"),
		"--storage.tsdb.path="+filepath.Join(p.dir, "data"), "--web.listen-address="+address)
	server, err := api.NewClient(api.Config{Address: "http://" + address})
	if err != nil {
		t.Fatal(err)
	}
	p.api = prometheusv1.NewAPI(server)
	return p
}

// write replaces a file at once: the server reads some whenever they change.
func (p *prometheus) write(t *testing.T, name string, content []byte) {
	t.Helper()
	path := filepath.Join(p.dir, name)
	if err := errors.Join(os.WriteFile(path+".new", content, 0o600), os.Rename(path+".new", path)); err != nil {
		t.Fatal(err)
	}
}

// renderRules returns the chart's alerts as a file of rules.
func renderRules(t *testing.T) []byte {
	t.Helper()
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	rendered, err := exec.CommandContext(t.Context(), filepath.Join(root, ".bin", "helm"), "template", "seedbed", filepath.Join(root, "charts", "seedbed"),
		"--namespace", seedbed.Namespace, "--set", "metrics.prometheusRule.enabled=true", "--show-only", "templates/monitoring/prometheusrule.yaml").Output()
	if err != nil {
		t.Fatalf("rendering the chart's alerts: %v", err)
	}
	var rule struct {
		Spec map[string]any `json:"spec"`
	}
	if err := yaml.Unmarshal(rendered, &rule); err != nil {
		t.Fatal(err)
	}
	rules, err := yaml.Marshal(rule.Spec)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// scrape replaces the controllers that are scraped. Those that serve plain HTTP are marked in their entry.
func (p *prometheus) scrape(t *testing.T, targets ...scrapeTarget) {
	t.Helper()
	content, err := json.Marshal(targets)
	if err != nil {
		t.Fatal(err)
	}
	p.write(t, "targets.json", content)
}

func newTarget(controller *seedbed.Controller, pod, scheme string) scrapeTarget {
	return scrapeTarget{Targets: []string{controller.Metrics}, Labels: map[string]string{"namespace": seedbed.Namespace, "pod": pod, "__scheme__": scheme}}
}

// readAlerts returns the alerts by name. All have been evaluated, without an error.
func (p *prometheus) readAlerts(ctx context.Context) (map[string]prometheusv1.AlertingRule, error) {
	result, err := p.api.Rules(ctx, nil)
	if err != nil {
		return nil, err
	}
	alerts := map[string]prometheusv1.AlertingRule{}
	for _, group := range result.Groups {
		for _, each := range group.Rules {
			rule, ok := each.(prometheusv1.AlertingRule)
			if !ok {
				return nil, fmt.Errorf("the chart has a rule that is no alert: %+v", each)
			}
			if rule.Health != prometheusv1.RuleHealthGood {
				return nil, fmt.Errorf("alert %s is %s: %s", rule.Name, rule.Health, rule.LastError)
			}
			alerts[rule.Name] = rule
		}
	}
	if len(alerts) == 0 {
		return nil, errors.New("the server has no alerts yet")
	}
	return alerts, nil
}
