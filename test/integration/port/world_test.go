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

// patience is for a machine that is busy with builds; no test takes it when all is well.
const patience = 3 * time.Minute

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard()) // the tests' own clients have nothing to say
	os.Exit(m.Run())
}

// world is an installation of its own on a control plane of its own.
type world struct {
	*seedbed.Installation
	t *testing.T
}

func newWorld(t *testing.T) *world {
	t.Helper()
	ctx := deadline(t)
	c, err := cluster.Start(ctx, cluster.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	i, err := seedbed.Install(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := i.Close(); err != nil {
			t.Error(err)
		}
	})
	return &world{Installation: i, t: t}
}

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// start runs a controller and waits until it is ready and its webhooks are trusted.
func (w *world) start(args ...string) *seedbed.Controller {
	w.t.Helper()
	controller, err := w.Start(deadline(w.t), args...)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.AwaitWebhooks(deadline(w.t)); err != nil {
		w.t.Fatal(err)
	}
	return controller
}

func (w *world) create(object client.Object) {
	w.t.Helper()
	if err := w.Client.Create(deadline(w.t), object); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) eventually(check func(ctx context.Context) error) {
	w.t.Helper()
	if err := cluster.Eventually(deadline(w.t), check); err != nil {
		w.t.Fatal(err)
	}
}

// paths are where the API server calls each webhook now, by the webhook's name.
func (w *world) paths() map[string]string {
	w.t.Helper()
	paths := map[string]string{}
	configuration := w.configuration()
	for i := range configuration.Webhooks {
		address, err := url.Parse(*configuration.Webhooks[i].ClientConfig.URL)
		if err != nil {
			w.t.Fatal(err)
		}
		paths[configuration.Webhooks[i].Name] = address.Path
	}
	return paths
}

// apiRequests counts the writes of that resource that the API server has got.
func (w *world) apiRequests(resource string) float64 {
	w.t.Helper()
	return sum(w.t, w.apiMetrics(), "apiserver_request_total", "resource", resource)
}

// failedOpen counts the webhook calls whose failure the API server has let pass.
func (w *world) failedOpen() float64 {
	w.t.Helper()
	return sum(w.t, w.apiMetrics(), "apiserver_admission_webhook_fail_open_count", "", "")
}

func (w *world) apiMetrics() []byte {
	w.t.Helper()
	api, err := kubernetes.NewForConfig(w.Cluster.Config())
	if err != nil {
		w.t.Fatal(err)
	}
	text, err := api.CoreV1().RESTClient().Get().AbsPath("/metrics").DoRaw(deadline(w.t))
	if err != nil {
		w.t.Fatal(err)
	}
	return text
}

// sum adds up the series of a counter in Prometheus' text whose label has that value; all where the label is empty.
func sum(t *testing.T, text []byte, name, label, value string) float64 {
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

// rss returns a process's resident memory in MiB.
func rss(t *testing.T, pid int) float64 {
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

// peak returns the most resident memory, in MiB, that the process has until the function that it returns is called.
func peak(t *testing.T, pid int) func() float64 {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	most := make(chan float64)
	go func() {
		highest := 0.0
		for tick := time.NewTicker(10 * time.Millisecond); ; {
			highest = max(highest, rss(t, pid))
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
