package integration

import (
	"io"
	"strings"
	"testing"
)

// The chart renders the guards of the port.
func TestChartRendersPortGuards(t *testing.T) {
	helm, segment := helmBinary(t), strings.Repeat("a", 64)
	tests := map[string]struct {
		set         []string
		has, hasNot []string
	}{
		"defaults": {
			has:    []string{"--webhook-path-secret=seedbed-webhook-paths", "--metrics-secure=true", "seedbed-metrics.seedbed-system.svc", "resources: [tokenreviews]"},
			hasNot: []string{"path: /validate", "--webhook-segment", "--webhook-client-ca", "client-ca"},
		},
		"a URL": {
			set:    []string{"webhook.url=https://seedbed.example.org:9443/", "webhook.segment=" + segment},
			has:    []string{"url: \"https://seedbed.example.org:9443/" + segment + "/baselines.seedbed.dev\"", "--webhook-segment=" + segment},
			hasNot: []string{"--webhook-path-secret"},
		},
		"a client CA": {
			set: []string{"webhook.clientCA.configMap=api-server-ca", "webhook.clientCA.names={kube-apiserver,front}"},
			has: []string{"--webhook-client-ca=/client-ca/ca.crt", "--webhook-client-names=kube-apiserver,front", "mountPath: /client-ca", "name: api-server-ca"},
		},
		"a monitor": {
			set: []string{"metrics.serviceMonitor.enabled=true"},
			has: []string{"scheme: https", "serverName: seedbed-metrics.seedbed-system.svc", "bearerTokenFile:", "name: seedbed-webhook-tls"},
		},
		"metrics for everybody": {
			set:    []string{"metrics.secure=false", "metrics.serviceMonitor.enabled=true"},
			has:    []string{"--metrics-secure=false"},
			hasNot: []string{"scheme: https", "tokenreviews", "seedbed-metrics.seedbed-system.svc", "metrics-reader"},
		},
		"cert-manager": {
			set: []string{"tls.mode=cert-manager"},
			has: []string{"- seedbed-metrics.seedbed-system.svc\n", "--webhook-path-secret=seedbed-webhook-paths"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			rendered, err := renderChart(t, helm, "seedbed-system", test.set...)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(rendered)
			if err != nil {
				t.Fatal(err)
			}
			for _, wanted := range test.has {
				if !strings.Contains(string(text), wanted) {
					t.Errorf("it does not have %q", wanted)
				}
			}
			for _, unwanted := range test.hasNot {
				if strings.Contains(string(text), unwanted) {
					t.Errorf("it has %q", unwanted)
				}
			}
		})
	}
}
