package port

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

// /metrics asks the API server who scrapes it, and whether that one may.
func TestMetricsAskWhoItIs(t *testing.T) {
	w := newWorld(t)
	controller := w.start()
	allowed, err := w.ScrapeToken(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		token string
		want  int
	}{
		"without a token":             {"", http.StatusUnauthorized},
		"with a made-up token":        {"made-up", http.StatusUnauthorized},
		"with a token without right":  {w.tokenOf("default", "default"), http.StatusForbidden},
		"with a token with the right": {allowed, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			status, body, err := w.scrape("https://"+controller.Metrics, test.token)
			if err != nil || status != test.want || (status == http.StatusOK) != strings.Contains(body, "seedbed_") {
				t.Errorf("answered %d: %.100s, %v; want %d", status, body, err, test.want)
			}
		})
	}
	t.Run("in plain HTTP", func(t *testing.T) {
		if status, body, err := w.scrape("http://"+controller.Metrics, allowed); err == nil && (status == http.StatusOK || strings.Contains(body, "seedbed_")) {
			t.Errorf("answered %d: %.100s", status, body)
		}
	})
}

func TestMetricsThatAskNobody(t *testing.T) {
	w := newWorld(t)
	controller := w.start("--metrics-secure=false")
	if status, body, err := w.scrape("http://"+controller.Metrics, ""); err != nil || status != http.StatusOK || !strings.Contains(body, "seedbed_") {
		t.Errorf("answered %d: %.100s, %v", status, body, err)
	}
}

// tokenOf returns the token of a ServiceAccount, once it is there.
func (w *world) tokenOf(namespace, name string) string {
	w.t.Helper()
	var token string
	w.eventually(func(ctx context.Context) error {
		config, err := w.Cluster.ServiceAccountConfig(ctx, namespace, name)
		if err == nil {
			token = config.BearerToken
		}
		return err
	})
	return token
}

func (w *world) scrape(base, token string) (status int, body string, err error) {
	w.t.Helper()
	client, err := w.HTTPClient(deadline(w.t))
	if err != nil {
		w.t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(deadline(w.t), http.MethodGet, base+"/metrics", nil)
	if err != nil {
		w.t.Fatal(err)
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
