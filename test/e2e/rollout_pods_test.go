//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// readerImageEnv names the variable with the image of the pods: make e2e packs and loads it.
	readerImageEnv = "READER_IMAGE"
	// refreshWithin is longer than a kubelet takes to refresh a volume: a minute, and its cache.
	refreshWithin = 4 * time.Minute
)

// createPods creates a pod in each of the first namespaces. No more start at a time than a small node bears.
func (f *rolloutFleet) createPods(t *testing.T) {
	t.Helper()
	image := os.Getenv(readerImageEnv)
	if image == "" {
		t.Fatalf("%s is not set: it must be the image of test/e2e/reader, as make e2e sets it", readerImageEnv)
	}
	f.forEach(t, f.pods, func(ctx context.Context, i int) error {
		pod := newSecretReader(f.namespace(i), image)
		if err := f.Create(ctx, pod); err != nil {
			return err
		}
		return f.awaitRunning(ctx, pod)
	})
}

// awaitRunning waits until a pod runs.
func (f *rolloutFleet) awaitRunning(ctx context.Context, pod *corev1.Pod) error {
	return wait.PollUntilContextCancel(ctx, time.Second, true, func(ctx context.Context) (bool, error) {
		err := f.Get(ctx, client.ObjectKeyFromObject(pod), pod)
		return pod.Status.Phase == corev1.PodRunning, err
	})
}

// newSecretReader returns a pod that mounts the Secret and prints its password whenever that has changed.
func newSecretReader(namespace, image string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "reader"},
		Spec: corev1.PodSpec{
			TerminationGracePeriodSeconds: new(int64(1)),
			Containers: []corev1.Container{{
				Name: "reader", Image: image, ImagePullPolicy: corev1.PullIfNotPresent, Command: []string{"/reader", "/login/password"},
				VolumeMounts: []corev1.VolumeMount{{Name: "login", MountPath: "/login"}},
			}},
			Volumes: []corev1.Volume{{Name: "login", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "login"}}}},
		},
	}
}

// awaitPrinted waits until the last line that each pod printed is the password.
func (f *rolloutFleet) awaitPrinted(t *testing.T, want func(i int) string) {
	t.Helper()
	for i := range f.pods {
		var last error
		err := wait.PollUntilContextTimeout(t.Context(), time.Second, refreshWithin, true, func(ctx context.Context) (bool, error) {
			last = f.checkPrinted(ctx, i, want(i))
			return last == nil, nil
		})
		if err != nil {
			t.Fatal(errors.Join(err, last))
		}
	}
}

func (f *rolloutFleet) checkPrinted(ctx context.Context, i int, want string) error {
	log, err := f.core.CoreV1().Pods(f.namespace(i)).GetLogs("reader", &corev1.PodLogOptions{TailLines: new(int64(1))}).DoRaw(ctx)
	if err == nil && strings.TrimSpace(string(log)) != want {
		err = fmt.Errorf("the pod of namespace %s printed %q, want %q", f.namespace(i), log, want)
	}
	return err
}

// requireNoRestart checks that each pod runs since it was created.
func (f *rolloutFleet) requireNoRestart(t *testing.T) {
	t.Helper()
	f.forEach(t, f.pods, func(ctx context.Context, i int) error {
		pod := &corev1.Pod{}
		if err := f.Get(ctx, client.ObjectKey{Namespace: f.namespace(i), Name: "reader"}, pod); err != nil {
			return err
		}
		if status := pod.Status; len(status.ContainerStatuses) != 1 || status.ContainerStatuses[0].RestartCount > 0 {
			return fmt.Errorf("the pod of namespace %s was restarted: %+v", pod.Namespace, status)
		}
		return nil
	})
}
