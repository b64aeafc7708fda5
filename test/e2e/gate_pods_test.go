//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/test/cluster"
)

// podsEnv names the variable with the number of pods for each way.
const podsEnv = "E2E_PODS"

// podKind is the creator of the pod: the client itself, or a Deployment's controller.
type podKind string

const (
	bare     podKind = "bare"
	deployed podKind = "deployed"
)

// podCount counts the pods that were created right after their namespaces.
type podCount struct {
	pods, unstamped int
	slowest         time.Duration
}

func (c podCount) String() string {
	return fmt.Sprintf("%d of %d are without pull secret or limits for good (the slowest was there after %s)", c.unstamped, c.pods, c.slowest.Round(time.Millisecond))
}

// createPods makes clients create namespaces that ask for the baseline, and a pod right after each.
func (e *env) createPods(t *testing.T, name string, kind podKind, clients int) podCount {
	t.Helper()
	count := podCount{pods: 20}
	if given := os.Getenv(podsEnv); given != "" {
		var err error
		if count.pods, err = strconv.Atoi(given); err != nil {
			t.Fatalf("%s: %v", podsEnv, err)
		}
	}
	todo := make(chan int)
	var mu sync.Mutex
	var group sync.WaitGroup
	for range clients {
		group.Go(func() {
			for i := range todo {
				base := fmt.Sprintf("%s-%s-%d-%d", strings.TrimPrefix(name, "e2e-"), kind, clients, i)
				namespace := e.newAskingNamespace(base, name)
				metav1.SetMetaDataLabel(&namespace.ObjectMeta, loadLabel, "gate") // there are many: the cleanup does not wait for them
				stamped, took, err := e.createNamespaceAndPod(e.newContext(t), namespace, kind)
				mu.Lock()
				if err != nil {
					t.Error(err)
				}
				if !stamped {
					count.unstamped++
				}
				count.slowest = max(count.slowest, took)
				mu.Unlock()
			}
		})
	}
	for i := range count.pods {
		todo <- i
	}
	close(todo)
	group.Wait()
	return count
}

// createNamespaceAndPod creates a namespace and a pod right after it, and reports whether admission stamped the pod.
func (e *env) createNamespaceAndPod(ctx context.Context, namespace *corev1.Namespace, kind podKind) (stamped bool, took time.Duration, err error) {
	if err := e.Create(ctx, namespace); err != nil {
		return false, 0, err
	}
	began := time.Now()
	var made *corev1.Pod
	if kind == deployed {
		made, err = e.createDeploymentPod(ctx, namespace.Name)
	} else {
		// A user's loop: the ServiceAccount is missing for the first moment, and the gate may be closed.
		err = cluster.Eventually(ctx, func(ctx context.Context) error {
			made = e.newIdlePod(namespace.Name, "main")
			return e.Create(ctx, made)
		})
	}
	if err != nil {
		return false, 0, fmt.Errorf("the pod of namespace %s: %w", namespace.Name, err)
	}
	_, limited := made.Spec.Containers[0].Resources.Limits[corev1.ResourceMemory]
	return limited && len(made.Spec.ImagePullSecrets) > 0, time.Since(began), nil
}

func (e *env) createDeploymentPod(ctx context.Context, namespace string) (*corev1.Pod, error) {
	if err := e.Create(ctx, e.newDeployment(namespace, map[string]string{gateLabel: "no-node"})); err != nil {
		return nil, err
	}
	pods := &corev1.PodList{}
	err := cluster.Eventually(ctx, func(ctx context.Context) error {
		if err := e.List(ctx, pods, client.InNamespace(namespace)); err != nil {
			return err
		}
		if len(pods.Items) == 0 {
			return fmt.Errorf("the Deployment has no pod")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &pods.Items[0], nil
}

// newDeployment returns a Deployment of one pod, on a node with these labels.
func (e *env) newDeployment(namespace string, node map[string]string) *appsv1.Deployment {
	labels := map[string]string{"app": "gate"}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "main"},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{
				NodeSelector: node,
				Containers: []corev1.Container{{
					Name: "main", Image: e.repository + ":" + e.tag, ImagePullPolicy: corev1.PullIfNotPresent, Command: []string{"/seedbed", "version"},
				}},
			}},
		},
	}
}
