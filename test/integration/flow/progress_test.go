package flow

import (
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// A restore that takes longer than a second reports its progress in the namespace's condition.
func TestLongRestoreReportsProgress(t *testing.T) {
	e := sharedInstallation(t)
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a"), configMap("slow")), "configmaps").Name, nil)
	target := e.uniqueName("target")
	release := make(chan struct{})
	probe := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: "probe"}}
	e.reviewCreations("configmaps", probe, func(request *admissionv1.AdmissionRequest) string {
		if request.Namespace == target && request.Name == "slow" {
			<-release
		}
		return ""
	})
	e.createObjects(annotatedNamespace(target, baseline.Name))
	condition := e.awaitReady(target, corev1.ConditionFalse, v1alpha1.ReasonPopulating)
	close(release)
	e.requireContains(condition.Message, baseline.Name, "1 of 2 objects")
	e.awaitReady(target, corev1.ConditionTrue, v1alpha1.ReasonRestored)
}
