//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// upgrade changes a value while namespaces are created steadily: none is refused, each is populated, and the webhook's trust
// stays.
func upgrade(t *testing.T, w *world) {
	before, trust := w.awaitPods(t), w.caBundles(t)
	users := w.createSteadily(t, "upgrading")
	w.must(t, "helm", "upgrade", w.release, w.chart, "--namespace", w.namespace, "--reuse-values", "--set", "controller.workers=8")
	after := w.awaitPods(t) // the old ones answer until they are gone
	created := users.stop(t)
	for _, pod := range after {
		if slices.ContainsFunc(before, func(old corev1.Pod) bool { return old.UID == pod.UID }) {
			t.Errorf("pod %s was not replaced", pod.Name)
		}
		if !slices.Contains(pod.Spec.Containers[0].Args, "--workers=8") {
			t.Errorf("pod %s runs with %q", pod.Name, pod.Spec.Containers[0].Args)
		}
		if restarts := pod.Status.ContainerStatuses[0].RestartCount; restarts > 0 {
			t.Errorf("pod %s was restarted %d times", pod.Name, restarts)
		}
	}
	if diff := cmp.Diff(trust, w.caBundles(t)); diff != "" {
		t.Errorf("the caBundles changed: %s", diff)
	}
	for _, name := range created {
		w.awaitCondition(t, name, v1alpha1.ReasonRestored, corev1.ConditionTrue)
	}
	w.createPopulated(t, w.asking("upgraded", baseline))
}

// caBundles are what the API server trusts, by webhook.
func (w *world) caBundles(t *testing.T) map[string]string {
	t.Helper()
	configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	if err := w.Get(w.context(t), client.ObjectKey{Name: w.fullname()}, configuration); err != nil {
		t.Fatal(err)
	}
	bundles := map[string]string{}
	for _, webhook := range configuration.Webhooks {
		bundles[webhook.Name] = string(webhook.ClientConfig.CABundle)
		if bundles[webhook.Name] == "" {
			t.Errorf("webhook %s has no caBundle", webhook.Name)
		}
	}
	return bundles
}

// creators create namespaces steadily, in two loops: one makes them, of which every other one asks for the baseline by
// annotation and the rest are selected; the other, far faster, only asks, with dry runs.
type creators struct {
	world  *world
	cancel context.CancelFunc
	loops  sync.WaitGroup

	mu      sync.Mutex
	created []string
	refused []error
	asked   int
	slowest time.Duration
}

const (
	// createEvery is slow enough for the cluster to delete them all at the end.
	createEvery = time.Second
	// askEvery is fast enough to meet a gap of a few dozen milliseconds.
	askEvery = 25 * time.Millisecond
)

// createSteadily begins to create namespaces with this base of their names.
func (w *world) createSteadily(t *testing.T, base string) *creators {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	c := &creators{world: w, cancel: cancel}
	c.every(ctx, createEvery, func(ctx context.Context, i int) {
		namespace := w.asking(fmt.Sprintf("%s-%d", base, i), baseline)
		if i%2 == 1 {
			namespace = w.ofTeam(fmt.Sprintf("%s-%d", base, i))
		}
		if c.create(ctx, namespace) {
			c.created = append(c.created, namespace.Name)
		}
	})
	c.every(ctx, askEvery, func(ctx context.Context, i int) {
		if c.create(ctx, w.asking(fmt.Sprintf("%s-asks-%d", base, i), baseline), client.DryRunAll) {
			c.asked++
		}
	})
	t.Cleanup(c.end)
	return c
}

// every calls do in a loop of its own, with a number that grows.
func (c *creators) every(ctx context.Context, interval time.Duration, do func(context.Context, int)) {
	c.loops.Go(func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for i := 0; ; i++ {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				// One that has begun is always ended: what the end cuts off was not refused.
				bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
				do(bounded, i)
				cancel()
			}
		}
	})
}

// create says whether the namespace was let in. Only one loop counts it, so that alone needs no lock.
func (c *creators) create(ctx context.Context, namespace *corev1.Namespace, opts ...client.CreateOption) bool {
	name, began := namespace.Name, time.Now()
	err := c.world.Create(ctx, namespace, opts...)
	took := time.Since(began)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slowest = max(c.slowest, took)
	if err != nil {
		c.refused = append(c.refused, fmt.Errorf("create namespace %s (after %s): %w", name, took.Round(time.Millisecond), err))
	}
	return err == nil
}

// stop fails the test when a create was refused. It gives the names of the namespaces that were created.
func (c *creators) stop(t *testing.T) []string {
	t.Helper()
	c.end()
	for _, refused := range c.refused {
		t.Error(refused)
	}
	if c.asked == 0 {
		t.Error("no namespace was created meanwhile, which proves nothing")
	}
	t.Logf("%d namespaces were created meanwhile and %d asked for, the slowest in %s", len(c.created), c.asked, c.slowest.Round(time.Millisecond))
	return c.created
}

// end comes back when the last create has ended.
func (c *creators) end() {
	c.cancel()
	c.loops.Wait()
}
