//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// upgrade changes a value while namespaces are created steadily: none is refused, each is populated, and the webhook's trust
// stays.
func upgrade(t *testing.T, w *world) {
	before, trust := w.awaitPods(t), w.caBundles(t)
	users := w.createSteadily(t)
	w.must(t, "helm", "upgrade", w.release, w.chart, "--namespace", w.namespace, "--reuse-values", "--set", "controller.workers=8")
	after := w.awaitPods(t) // the old ones answer until they are gone
	created := users.stop()
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
	for _, refused := range users.refused {
		t.Error(refused)
	}
	for _, name := range created {
		w.awaitCondition(t, name, v1alpha1.ReasonRestored, corev1.ConditionTrue)
	}
	t.Logf("%d namespaces were created meanwhile, at most in %s", len(created), users.slowest.Round(time.Millisecond))
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

// creators create namespaces, one after the other, of which every other one asks for the baseline by annotation and the
// rest are selected.
type creators struct {
	cancel  context.CancelFunc
	ended   chan struct{}
	created []string
	refused []error
	slowest time.Duration
}

// createEvery is slow enough for the cluster to delete them all at the end, and fast enough to meet a gap of a second.
const createEvery = 250 * time.Millisecond

func (w *world) createSteadily(t *testing.T) *creators {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	c := &creators{cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(c.ended)
		ticker := time.NewTicker(createEvery)
		defer ticker.Stop()
		for i := 0; ; i++ {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				c.create(w, i)
			}
		}
	}()
	t.Cleanup(func() { c.stop() })
	return c
}

func (c *creators) create(w *world, i int) {
	namespace := w.asking(fmt.Sprintf("steady-%d", i), baseline)
	if i%2 == 1 {
		namespace.ObjectMeta = metav1.ObjectMeta{Name: namespace.Name, Labels: map[string]string{teamLabel: w.run}}
	}
	// One that has begun is always ended: what the test's end cuts off was not refused.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	began := time.Now()
	if err := w.Create(ctx, namespace); err != nil {
		c.refused = append(c.refused, fmt.Errorf("create namespace %s: %w", namespace.Name, err))
		return
	}
	c.created = append(c.created, namespace.Name)
	c.slowest = max(c.slowest, time.Since(began))
}

// stop comes back when the last create has ended, with the names of those that were created.
func (c *creators) stop() []string {
	c.cancel()
	<-c.ended
	return c.created
}
