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

// replicas that the chart's defaults run.
const replicas = 2

// install installs the chart with its defaults into a namespace that takes restricted pods only.
func install(t *testing.T, w *world) {
	w.create(t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: w.namespace, Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"},
	}})
	began := time.Now()
	w.helmInstall(t)
	w.awaitPods(t)
	w.awaitGrace(t)
	t.Logf("both replicas were ready %s after helm install began", time.Since(began).Round(time.Millisecond))
}

func (w *world) helmInstall(t *testing.T) {
	t.Helper()
	// The tag can be a commit's hash without a letter: no number.
	out := w.must(t, "helm", "install", w.release, w.chart, "--namespace", w.namespace,
		"--set-string", "image.repository="+w.repository, "--set-string", "image.tag="+w.tag)
	says(t, out, "seedbed backup create", "seedbed baseline create", "--clusterrole="+w.fullname()+"-user")
}

// awaitGrace waits until what is created counts as reviewed: ten seconds after the admission policies and the webhooks, as the chart's NOTES say.
func (w *world) awaitGrace(t *testing.T) {
	t.Helper()
	w.eventually(t, func(ctx context.Context) error {
		reviewers := []client.Object{&admissionregistrationv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: w.fullname()}}}
		for _, name := range authorization.Policies() {
			reviewers = append(reviewers, &admissionregistrationv1.ValidatingAdmissionPolicyBinding{ObjectMeta: metav1.ObjectMeta{Name: name}})
		}
		for _, reviewer := range reviewers {
			if err := w.Get(ctx, client.ObjectKeyFromObject(reviewer), reviewer); err != nil {
				return err
			}
			if age := time.Since(reviewer.GetCreationTimestamp().Time); age < authorization.DefaultGrace+time.Second {
				return fmt.Errorf("%T %s is %s old", reviewer, reviewer.GetName(), age)
			}
		}
		return nil
	})
}

// helmTest runs the chart's own tests.
func helmTest(t *testing.T, w *world) {
	says(t, w.must(t, "helm", "test", w.release, "--namespace", w.namespace, "--logs"), "Succeeded")
}

// awaitPods waits until the pods of the latest revision, and no others, are there and ready.
func (w *world) awaitPods(t *testing.T) []corev1.Pod {
	t.Helper()
	var pods []corev1.Pod
	w.eventually(t, func(ctx context.Context) (err error) {
		if err := w.rolledOut(ctx); err != nil {
			return err
		}
		pods, err = w.pods(ctx)
		if err == nil && len(pods) != replicas {
			err = fmt.Errorf("%d pods are there; want %d", len(pods), replicas)
		}
		return errors.Join(err, notReady(pods))
	})
	return pods
}

// readyFor is the chart's minReadySeconds, and the second by which a condition's time may be rounded down.
const readyFor = 4 * time.Second

// notReady says which pods are not, or too short: the Deployment's own count of them lags when one has just gone.
func notReady(pods []corev1.Pod) error {
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

func (w *world) rolledOut(ctx context.Context) error {
	deployment := &appsv1.Deployment{}
	if err := w.Get(ctx, client.ObjectKey{Namespace: w.namespace, Name: w.fullname()}, deployment); err != nil {
		return err
	}
	status := deployment.Status
	if status.ObservedGeneration != deployment.Generation || status.UpdatedReplicas != replicas || status.AvailableReplicas != replicas {
		return fmt.Errorf("the deployment is not rolled out: %+v", status)
	}
	return nil
}

// pods are the controllers', those that are stopping too.
func (w *world) pods(ctx context.Context) ([]corev1.Pod, error) {
	pods := &corev1.PodList{}
	err := w.List(ctx, pods, client.InNamespace(w.namespace), client.MatchingLabels{"app.kubernetes.io/instance": w.release})
	return pods.Items, err
}
