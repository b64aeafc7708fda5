//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// podRuns starts a pod in a populated namespace as the ServiceAccount that came with it, with the Secret and the ConfigMap
// mounted: the kubelet starts none that lacks a key. It reads its namespace's restores, so the Role and the RoleBinding do
// what they did in the source namespace.
func podRuns(t *testing.T, w *world) {
	pod := w.reader(w.name("annotated"))
	w.create(t, pod)
	w.eventually(t, func(ctx context.Context) error {
		if err := w.Get(ctx, client.ObjectKeyFromObject(pod), pod); err != nil {
			return err
		}
		if pod.Status.Phase != corev1.PodSucceeded && pod.Status.Phase != corev1.PodFailed {
			return fmt.Errorf("the pod has not ended: %+v", pod.Status)
		}
		return nil
	})
	printed, err := w.core.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, &corev1.PodLogOptions{}).DoRaw(w.context(t))
	if err != nil {
		t.Fatal(err)
	}
	if pod.Status.Phase != corev1.PodSucceeded {
		t.Errorf("the pod failed: %+v", pod.Status)
	}
	says(t, string(printed), baseline, "Completed")
}

// reader is a pod that lists the restores of its own namespace: the CLI is in the image.
func (w *world) reader(namespace string) *corev1.Pod {
	key := func(name string) []corev1.KeyToPath { return []corev1.KeyToPath{{Key: name, Path: name}} }
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "reader"},
		Spec: corev1.PodSpec{
			ServiceAccountName: "app", RestartPolicy: corev1.RestartPolicyNever,
			SecurityContext: &corev1.PodSecurityContext{
				RunAsNonRoot: ptr.To(true), SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
			Containers: []corev1.Container{{
				Name: "reader", Image: w.repository + ":" + w.tag, ImagePullPolicy: corev1.PullIfNotPresent,
				Command: []string{"/seedbed", "restore", "get"},
				SecurityContext: &corev1.SecurityContext{
					AllowPrivilegeEscalation: ptr.To(false), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
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
