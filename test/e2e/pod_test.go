//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// testPodRuns starts a pod in a populated namespace under the restored ServiceAccount, with the restored Secret and ConfigMap
// mounted: the kubelet starts no pod with a missing key. It lists its namespace's restores, so the Role and the RoleBinding work as
// in the source namespace.
func testPodRuns(t *testing.T, e *env) {
	pod := e.newReaderPod(e.runName("annotated"))
	e.createObjects(t, pod)
	e.requireEventually(t, func(ctx context.Context) error {
		if err := e.Get(ctx, client.ObjectKeyFromObject(pod), pod); err != nil {
			return err
		}
		if pod.Status.Phase != corev1.PodSucceeded && pod.Status.Phase != corev1.PodFailed {
			return fmt.Errorf("the pod has not ended: %+v", pod.Status)
		}
		return nil
	})
	printed, err := e.core.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, &corev1.PodLogOptions{}).DoRaw(e.newContext(t))
	if err != nil {
		t.Fatal(err)
	}
	if pod.Status.Phase != corev1.PodSucceeded {
		t.Errorf("the pod failed: %+v", pod.Status)
	}
	requireContains(t, string(printed), baseline, "Completed")
}

// newReaderPod returns a pod that lists the restores of its own namespace: the CLI is in the image.
func (e *env) newReaderPod(namespace string) *corev1.Pod {
	key := func(name string) []corev1.KeyToPath { return []corev1.KeyToPath{{Key: name, Path: name}} }
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "reader"},
		Spec: corev1.PodSpec{
			ServiceAccountName: "app", RestartPolicy: corev1.RestartPolicyNever,
			SecurityContext: &corev1.PodSecurityContext{
				RunAsNonRoot: new(true), SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
			Containers: []corev1.Container{{
				Name: "reader", Image: e.repository + ":" + e.tag, ImagePullPolicy: corev1.PullIfNotPresent,
				Command: []string{"/seedbed", "restore", "get"},
				SecurityContext: &corev1.SecurityContext{
					AllowPrivilegeEscalation: new(false), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
				},
				VolumeMounts: []corev1.VolumeMount{{Name: "token", MountPath: "/token"}, {Name: "settings", MountPath: "/settings"}},
			}},
			Volumes: []corev1.Volume{
				{Name: "token", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "token", Items: key("token")}}},
				{Name: "settings", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{
					LocalObjectReference: corev1.LocalObjectReference{Name: "settings"}, Items: key("colour"),
				}}},
			},
		},
	}
}
