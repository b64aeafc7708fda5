//go:build e2e

package e2e

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// secured checks how little the pods may do: the namespace refuses others than restricted ones, and these run in it.
func secured(t *testing.T, w *world) {
	rooted := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: w.name("rooted")},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{
			Name: "rooted", Image: w.repository + ":" + w.tag, SecurityContext: &corev1.SecurityContext{RunAsUser: ptr.To[int64](0)},
		}}},
	}
	if err := w.Create(w.context(t), rooted, client.DryRunAll); !apierrors.IsForbidden(err) {
		t.Fatalf("the namespace does not refuse a pod of root's, so it proves nothing: %v", err)
	}
	for _, pod := range w.awaitPods(t) {
		for _, container := range pod.Spec.Containers {
			if !ptr.Deref(container.SecurityContext.ReadOnlyRootFilesystem, false) {
				t.Errorf("pod %s can write to its root file system", pod.Name)
			}
		}
	}
}
