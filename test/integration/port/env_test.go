package port

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"k8s.io/client-go/kubernetes"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/test/cluster"
	"seedbed.dev/seedbed/test/seedbed"
)

// waitTimeout is long enough for a machine that is busy with builds; a successful test needs far less.
const waitTimeout = 3 * time.Minute

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard()) // the tests' own clients log nothing of interest
	os.Exit(m.Run())
}

// env is an installation of its own on a control plane of its own.
type env struct {
	*seedbed.Installation
	t *testing.T
}

func newEnv(t *testing.T) *env {
	t.Helper()
	return &env{Installation: seedbed.InstallForTest(testContext(t), t), t: t}
}

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitTimeout)
	t.Cleanup(cancel)
	return ctx
}

// startController runs a controller and waits until it is ready and its webhooks are trusted.
func (e *env) startController(args ...string) *seedbed.Controller {
	e.t.Helper()
	controller, err := e.Start(testContext(e.t), args...)
	if err != nil {
		e.t.Fatal(err)
	}
	if err := e.AwaitWebhooks(testContext(e.t)); err != nil {
		e.t.Fatal(err)
	}
	return controller
}

func (e *env) createObject(object client.Object) {
	e.t.Helper()
	if err := e.Client.Create(testContext(e.t), object); err != nil {
		e.t.Fatal(err)
	}
}

func (e *env) requireEventually(check func(ctx context.Context) error) {
	e.t.Helper()
	if err := cluster.Eventually(testContext(e.t), check); err != nil {
		e.t.Fatal(err)
	}
}

// webhookPaths returns the current path of each webhook, by the webhook's name.
func (e *env) webhookPaths() map[string]string {
	e.t.Helper()
	paths := map[string]string{}
	configuration := e.getConfiguration()
	for i := range configuration.Webhooks {
		address, err := url.Parse(*configuration.Webhooks[i].ClientConfig.URL)
		if err != nil {
			e.t.Fatal(err)
		}
		paths[configuration.Webhooks[i].Name] = address.Path
	}
	return paths
}

// apiRequests returns the number of writes of that resource to the API server.
func (e *env) apiRequests(resource string) float64 {
	e.t.Helper()
	return sumSeries(e.t, e.apiMetrics(), "apiserver_request_total", "resource", resource)
}

// failedOpen returns the number of failed webhook calls that the API server ignored.
func (e *env) failedOpen() float64 {
	e.t.Helper()
	return sumSeries(e.t, e.apiMetrics(), "apiserver_admission_webhook_fail_open_count", "", "")
}

func (e *env) apiMetrics() []byte {
	e.t.Helper()
	api, err := kubernetes.NewForConfig(e.Cluster.Config())
	if err != nil {
		e.t.Fatal(err)
	}
	text, err := api.CoreV1().RESTClient().Get().AbsPath("/metrics").DoRaw(testContext(e.t))
	if err != nil {
		e.t.Fatal(err)
	}
	return text
}

// sumSeries adds up the series of a counter in Prometheus' text whose label has that value; all if the label is empty.
func sumSeries(t *testing.T, text []byte, name, label, value string) float64 {
	t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	total := 0.0
	for _, series := range families[name].GetMetric() {
		if label == "" || hasLabel(series, label, value) {
			total += series.GetCounter().GetValue()
		}
	}
	return total
}

func hasLabel(series *dto.Metric, label, value string) bool {
	for _, pair := range series.GetLabel() {
		if pair.GetName() == label && pair.GetValue() == value {
			return true
		}
	}
	return false
}

// residentMemory returns a process's resident memory in MiB.
func residentMemory(t *testing.T, pid int) float64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Skipf("no /proc to read memory from: %v", err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	if err != nil {
		t.Fatal(err)
	}
	return kib / 1024
}

// trackPeak samples a process's resident memory. The returned function stops it and returns the peak in MiB.
func trackPeak(t *testing.T, pid int) func() float64 {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	most := make(chan float64)
	go func() {
		highest := 0.0
		for tick := time.NewTicker(10 * time.Millisecond); ; {
			highest = max(highest, residentMemory(t, pid))
			select {
			case <-tick.C:
			case <-ctx.Done():
				tick.Stop()
				most <- highest
				return
			}
		}
	}()
	return func() float64 {
		stop()
		return <-most
	}
}
