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

// testPodSecurity checks the pods' restrictions: the namespace refuses pods that are not restricted, and these run in it.
func testPodSecurity(t *testing.T, e *env) {
	rooted := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: e.namespace, Name: e.runName("rooted")},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{
			Name: "rooted", Image: e.repository + ":" + e.tag, SecurityContext: &corev1.SecurityContext{RunAsUser: new(int64(0))},
		}}},
	}
	if err := e.Create(e.newContext(t), rooted, client.DryRunAll); !apierrors.IsForbidden(err) {
		t.Fatalf("the namespace does not refuse a pod of root's, so it proves nothing: %v", err)
	}
	for _, pod := range e.awaitPods(t) {
		for _, container := range pod.Spec.Containers {
			if !ptr.Deref(container.SecurityContext.ReadOnlyRootFilesystem, false) {
				t.Errorf("pod %s can write to its root file system", pod.Name)
			}
		}
	}
}
