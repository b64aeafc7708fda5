//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/controller/authorization"
)

// replicas is the number of pods by the chart's defaults.
const replicas = 2

// testInstall installs the chart with its defaults into a namespace that admits restricted pods only.
func testInstall(t *testing.T, e *env) {
	e.createObjects(t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: e.namespace, Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"},
	}})
	began := time.Now()
	e.helmInstall(t)
	e.awaitPods(t)
	e.awaitGrace(t)
	t.Logf("both replicas were ready %s after helm install began", time.Since(began).Round(time.Millisecond))
}

func (e *env) helmInstall(t *testing.T) {
	t.Helper()
	// The tag can be a commit's hash without a letter, which Helm would take for a number.
	out := e.mustRun(t, "helm", "install", e.release, e.chart, "--namespace", e.namespace,
		"--set-string", "image.repository="+e.repository, "--set-string", "image.tag="+e.tag)
	requireContains(t, out, "seedbed backup create", "seedbed baseline create", "--clusterrole="+e.chartFullname()+"-user")
}

// awaitGrace waits until new objects count as reviewed: ten seconds after the admission policies and the webhooks, as the
// chart's NOTES require.
func (e *env) awaitGrace(t *testing.T) {
	t.Helper()
	e.requireEventually(t, func(ctx context.Context) error {
		reviewers := []client.Object{&admissionregistrationv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: e.chartFullname()}}}
		for _, name := range authorization.Policies() {
			reviewers = append(reviewers, &admissionregistrationv1.ValidatingAdmissionPolicyBinding{ObjectMeta: metav1.ObjectMeta{Name: name}})
		}
		for _, reviewer := range reviewers {
			if err := e.Get(ctx, client.ObjectKeyFromObject(reviewer), reviewer); err != nil {
				return err
			}
			if age := time.Since(reviewer.GetCreationTimestamp().Time); age < authorization.DefaultGrace+time.Second {
				return fmt.Errorf("%T %s is %s old", reviewer, reviewer.GetName(), age)
			}
		}
		return nil
	})
}

// testHelmTests runs the chart's own tests.
func testHelmTests(t *testing.T, e *env) {
	requireContains(t, e.mustRun(t, "helm", "test", e.release, "--namespace", e.namespace, "--logs"), "Succeeded")
}

// awaitPods waits until exactly the pods of the latest revision exist and are ready, and returns them.
func (e *env) awaitPods(t *testing.T) []corev1.Pod {
	t.Helper()
	var pods []corev1.Pod
	e.requireEventually(t, func(ctx context.Context) (err error) {
		if err := e.checkRolledOut(ctx); err != nil {
			return err
		}
		pods, err = e.listPods(ctx)
		if err == nil && len(pods) != replicas {
			err = fmt.Errorf("%d pods are there; want %d", len(pods), replicas)
		}
		return errors.Join(err, checkPodsReady(pods))
	})
	return pods
}

// readyFor is the chart's minReadySeconds, and the second by which a condition's time may be rounded down.
const readyFor = 4 * time.Second

// checkPodsReady returns an error that names the pods that are not ready for long enough: the Deployment's own count of them lags.
func checkPodsReady(pods []corev1.Pod) error {
	var problems []error
	for _, pod := range pods {
		if !slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
			return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue && time.Since(c.LastTransitionTime.Time) >= readyFor
		}) {
			problems = append(problems, fmt.Errorf("pod %s has not been ready for %s: %v", pod.Name, readyFor, pod.Status.Conditions))
		}
	}
	return errors.Join(problems...)
}

func (e *env) checkRolledOut(ctx context.Context) error {
	deployment := &appsv1.Deployment{}
	if err := e.Get(ctx, client.ObjectKey{Namespace: e.namespace, Name: e.chartFullname()}, deployment); err != nil {
		return err
	}
	status := deployment.Status
	if status.ObservedGeneration != deployment.Generation || status.UpdatedReplicas != replicas || status.AvailableReplicas != replicas {
		return fmt.Errorf("the deployment is not rolled out: %+v", status)
	}
	return nil
}

// listPods returns the controllers' pods, terminating ones included.
func (e *env) listPods(ctx context.Context) ([]corev1.Pod, error) {
	pods := &corev1.PodList{}
	err := e.List(ctx, pods, client.InNamespace(e.namespace), client.MatchingLabels{"app.kubernetes.io/instance": e.release})
	return pods.Items, err
}
