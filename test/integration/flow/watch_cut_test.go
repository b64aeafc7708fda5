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
// The controller watches again within seconds, and every namespace is filled (findings S33).
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
	e.startController("--kubeconfig=" + proxy.Kubeconfig)
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
			e.awaitFilled(names...)
			cutter.requireBackWithin(t, soon)
			for i := range cuts {
				name := e.uniqueName(fmt.Sprintf("again-%03d", i))
				cutter.cutWatches(true)
				create(name)
				cutter.cutWatches(false)
				e.awaitFilled(name)
				cutter.requireBackWithin(t, soon)
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

// awaitFilled waits until namespaces are filled.
func (e *env) awaitFilled(names ...string) {
	e.t.Helper()
	for _, name := range names {
		e.awaitReady(name, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	}
}

// watchCutter cuts the watches on Namespaces, and no other request.
type watchCutter struct {
	mu sync.Mutex
	// broken ends them by a reset, as a proxy that fails; otherwise they end properly.
	broken bool
	away   bool
	ends   map[*http.Request]context.CancelFunc
	// passes is when watches passed again. The first of them came took later; isBack reports whether it has come.
	passes time.Time
	took   time.Duration
	isBack bool
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
		began := time.Now()
		c.passes, c.isBack = began, false
		return
	}
	for _, end := range c.ends {
		end()
	}
	c.ends = nil
}

// requireBackWithin fails the test if the controller began to watch later than so long after watches passed again.
func (c *watchCutter) requireBackWithin(t *testing.T, soon time.Duration) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	t.Logf("the watch was back after %s", c.took.Round(time.Millisecond))
	if !c.isBack || c.took > soon {
		t.Errorf("the watch is back: %t, after %s, want %s", c.isBack, c.took, soon)
	}
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
		if !c.isBack {
			c.took, c.isBack = time.Since(c.passes), true
		}
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
