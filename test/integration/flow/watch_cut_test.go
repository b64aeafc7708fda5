package flow

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// watchOutageEnv sets the duration of the first cut of TestWatchOfNamespacesIsCut; some seconds by default.
const watchOutageEnv = "SEEDBED_WATCH_OUTAGE"

// Only the watch on Namespaces is away for a while, and afterwards it breaks repeatedly; no webhook hints at new namespaces.
// Every namespace is filled seconds after the watch is back (findings S33).
func TestWatchOfNamespacesIsCut(t *testing.T) {
	outage, cuts, between := 8*time.Second, 3, time.Second
	if text := os.Getenv(watchOutageEnv); text != "" {
		var err error
		if outage, err = time.ParseDuration(text); err != nil {
			t.Fatalf("%s: %v", watchOutageEnv, err)
		}
		cuts, between = 12, 5*time.Second
	}
	const soon, namespaces = 5 * time.Second, 50
	e := newExclusiveInstallation(t)
	proxy, cutter := e.newProxy(), &watchCutter{}
	proxy.SetIntercept(cutter.serve)
	e.startController("--kubeconfig=" + proxy.kubeconfig)
	baseline := e.createFilledBaseline()
	e.removeWebhooks()
	for name, broken := range map[string]bool{"with an end": false, "without an end": true} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t, e.Installation)
			cutter.setBroken(broken)
			cutter.cutWatches(true)
			began := time.Now()
			names := make([]string, namespaces)
			for i := range names {
				names[i] = e.uniqueName(fmt.Sprintf("cut-%03d", i))
			}
			create := func(names ...string) {
				for _, name := range names {
					e.createObjects(labelledNamespace(name, "burst", "yes"))
				}
			}
			create(names[:namespaces/2]...)
			sleep(t.Context(), time.Until(began.Add(outage)))
			create(names[namespaces/2:]...)
			cutter.cutWatches(false)
			e.filledWithin(soon, names...)
			for i := range cuts {
				name := e.uniqueName(fmt.Sprintf("again-%03d", i))
				cutter.cutWatches(true)
				create(name)
				cutter.cutWatches(false)
				e.filledWithin(soon, name)
				sleep(t.Context(), between)
			}
			for _, name := range names {
				if counts := e.getRecord(name, baseline.Name).Result.Counts; counts.Created != objectsEach {
					t.Errorf("the record of %s counts %+v", name, counts)
				}
			}
		})
	}
}

// filledWithin waits until namespaces are filled, and fails the test if it takes longer.
func (e *env) filledWithin(soon time.Duration, names ...string) {
	e.t.Helper()
	began := time.Now()
	for _, name := range names {
		e.awaitReady(name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	}
	took := time.Since(began).Round(time.Millisecond)
	e.t.Logf("%d namespaces were filled %s after the watch was back", len(names), took)
	if took > soon {
		e.t.Errorf("they were filled after %s, want %s", took, soon)
	}
}

// watchCutter cuts the watches on Namespaces, and no other request.
type watchCutter struct {
	mu sync.Mutex
	// broken ends them by a reset, as a proxy that fails; otherwise they end properly.
	broken bool
	away   bool
	ends   map[*http.Request]context.CancelFunc
}

func (c *watchCutter) setBroken(broken bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broken = broken
}

func (c *watchCutter) cutWatches(away bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.away = away; !away {
		return
	}
	for _, end := range c.ends {
		end()
	}
	c.ends = nil
}

func (c *watchCutter) serve(out http.ResponseWriter, in *http.Request, pass http.Handler) {
	if in.URL.Path != "/api/v1/namespaces" || in.URL.Query().Get("watch") == "" {
		pass.ServeHTTP(out, in)
		return
	}
	ctx, end := context.WithCancel(in.Context())
	defer end()
	c.mu.Lock()
	away, broken := c.away, c.broken
	if !away {
		if c.ends == nil {
			c.ends = map[*http.Request]context.CancelFunc{}
		}
		c.ends[in] = end
	}
	c.mu.Unlock()
	if away {
		panic(http.ErrAbortHandler)
	}
	passUntilCut(broken, out, in.WithContext(ctx), pass)
}

// passUntilCut passes a watch on. Where its context ends, the answer ends by a reset, if it is to be broken, or properly.
func passUntilCut(broken bool, out http.ResponseWriter, in *http.Request, pass http.Handler) {
	defer func() { // the reverse proxy gives up on a watch by a panic
		if problem := recover(); problem != nil && (broken || problem != http.ErrAbortHandler) { //nolint:errorlint // net/http compares it too
			panic(problem)
		}
	}()
	pass.ServeHTTP(out, in)
}
