//go:build e2e

package e2e

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// newRolloutSource returns the source namespace and its content. The StatefulSet has no pods.
func newRolloutSource(namespace string) []client.Object {
	meta := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: namespace, Name: name} }
	return []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}},
		&corev1.Secret{ObjectMeta: meta("login"), Data: map[string][]byte{"password": []byte("first")}},
		&corev1.ConfigMap{ObjectMeta: meta("settings"), Data: map[string]string{"mode": "first"}},
		newDatabase(namespace, "one"),
	}
}

// newDatabase returns a StatefulSet without pods. Its serviceName cannot be changed.
func newDatabase(namespace, service string) *appsv1.StatefulSet {
	labels := map[string]string{"app": "db"}
	return &appsv1.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "db"},
		Spec: appsv1.StatefulSetSpec{
			Replicas: new(int32), ServiceName: service, Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "db", Image: "db:1"}}},
			},
		},
	}
}

// replaceDatabase deletes the StatefulSet of the source, and creates it with another serviceName.
func (f *rolloutFleet) replaceDatabase(t *testing.T, source string) {
	t.Helper()
	f.mustRun(t, "kubectl", "-n", source, "delete", "statefulset", "db", "--wait")
	f.createObjects(t, newDatabase(source, "two"))
}
