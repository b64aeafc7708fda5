package port

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

// /metrics asks the API server for the scraper's identity, and whether it may read metrics.
func TestMetricsRequireAuthorization(t *testing.T) {
	e := newEnv(t)
	controller := e.startController()
	allowed, err := e.ScrapeToken(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		token string
		want  int
	}{
		"without a token":             {"", http.StatusUnauthorized},
		"with a made-up token":        {"made-up", http.StatusUnauthorized},
		"with a token without right":  {e.tokenOf("default", "default"), http.StatusForbidden},
		"with a token with the right": {allowed, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			status, body, err := e.scrapeMetrics("https://"+controller.Metrics, test.token)
			if err != nil || status != test.want || (status == http.StatusOK) != strings.Contains(body, "seedbed_") {
				t.Errorf("answered %d: %.100s, %v; want %d", status, body, err, test.want)
			}
		})
	}
	t.Run("in plain HTTP", func(t *testing.T) {
		if status, body, err := e.scrapeMetrics("http://"+controller.Metrics, allowed); err == nil && (status == http.StatusOK || strings.Contains(body, "seedbed_")) {
			t.Errorf("answered %d: %.100s", status, body)
		}
	})
}

func TestMetricsWithoutAuthorization(t *testing.T) {
	e := newEnv(t)
	controller := e.startController("--metrics-secure=false")
	if status, body, err := e.scrapeMetrics("http://"+controller.Metrics, ""); err != nil || status != http.StatusOK || !strings.Contains(body, "seedbed_") {
		t.Errorf("answered %d: %.100s, %v", status, body, err)
	}
}

// tokenOf returns the token of a ServiceAccount, once that exists.
func (e *env) tokenOf(namespace, name string) string {
	e.t.Helper()
	var token string
	e.requireEventually(func(ctx context.Context) error {
		config, err := e.Cluster.ServiceAccountConfig(ctx, namespace, name)
		if err == nil {
			token = config.BearerToken
		}
		return err
	})
	return token
}

func (e *env) scrapeMetrics(base, token string) (status int, body string, err error) {
	e.t.Helper()
	client, err := e.HTTPClient(testContext(e.t))
	if err != nil {
		e.t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(testContext(e.t), http.MethodGet, base+"/metrics", nil)
	if err != nil {
		e.t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	return response.StatusCode, string(content), err
}
