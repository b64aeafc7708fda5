//go:build e2e

package e2e

import (
	"strconv"
	"testing"
)

// metricsPort is the chart's default.
const metricsPort = 8080

// metrics reads a page by the metrics Service, through the API server.
func metrics(t *testing.T, w *world) {
	services := w.core.CoreV1().Services(w.namespace)
	page, err := services.ProxyGet("http", w.fullname()+"-metrics", strconv.Itoa(metricsPort), "/metrics", nil).DoRaw(w.context(t))
	if err != nil {
		t.Fatal(err)
	}
	says(t, string(page), "seedbed_serving_certificate_expiry_timestamp_seconds", "seedbed_plan_cache_bytes")
}
