//go:build e2e

package e2e

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// shortGrace is the delay of each of the two steps of a CA's rotation, from the upgrade on.
const shortGrace = "--tls-publish-grace=5s"

// testRollingUpgrade changes values while namespaces are created. The pods are replaced, and the webhook's trust stays.
func testRollingUpgrade(t *testing.T, e *env) {
	before, trust := e.awaitPods(t), e.caBundles(t)
	e.helmUpgrade(t, "controller.workers=8", "extraArgs={"+shortGrace+"}")
	after := e.awaitPods(t) // the old ones answer until they are gone
	for _, pod := range after {
		if slices.ContainsFunc(before, func(old corev1.Pod) bool { return old.UID == pod.UID }) {
			t.Errorf("pod %s was not replaced", pod.Name)
		}
		for _, wanted := range []string{"--workers=8", shortGrace} {
			if args := pod.Spec.Containers[0].Args; !slices.Contains(args, wanted) {
				t.Errorf("pod %s runs with %q; want %s", pod.Name, args, wanted)
			}
		}
		if restarts := pod.Status.ContainerStatuses[0].RestartCount; restarts > 0 {
			t.Errorf("pod %s was restarted %d times", pod.Name, restarts)
		}
	}
	if diff := cmp.Diff(trust, e.caBundles(t)); diff != "" {
		t.Errorf("the caBundles changed: %s", diff)
	}
}

// helmUpgrade sets these values and keeps the others.
func (e *env) helmUpgrade(t *testing.T, values ...string) {
	t.Helper()
	args := []string{"upgrade", e.release, e.chart, "--namespace", e.namespace, "--reuse-values"}
	for _, value := range values {
		args = append(args, "--set", value)
	}
	e.mustRun(t, "helm", args...)
}

// caBundles returns the webhooks' caBundles by webhook.
func (e *env) caBundles(t *testing.T) map[string]string {
	t.Helper()
	configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	if err := e.Get(e.newContext(t), client.ObjectKey{Name: e.chartFullname()}, configuration); err != nil {
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
