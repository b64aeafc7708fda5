package flow

import (
	"fmt"
	"sync/atomic"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// A record that is deleted during the retry of failed objects restarts the whole restore: it is recreated, with all objects
// of the backup.
func TestRecordDeletedDuringAttemptIsRecreated(t *testing.T) {
	tests := map[string][]string{
		"plainly":               nil,
		"held with a finalizer": {"example.com/hold"},
	}
	for name, finalizers := range tests {
		t.Run(name, func(t *testing.T) { testDeletionDuringAttempt(t, finalizers) })
	}
}

func testDeletionDuringAttempt(t *testing.T, finalizers []string) {
	e := sharedInstallation(t)
	baseline := e.createBaseline(e.createBackup(e.createSource(configMap("a"), configMap("b")), "configmaps").Name, nil)
	target := e.uniqueName("target")
	var attempts atomic.Int32
	trying, release := make(chan struct{}), make(chan struct{})
	probe := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: "probe"}}
	e.reviewCreations("configmaps", probe, func(request *admissionv1.AdmissionRequest) string {
		if request.Namespace != target || request.Name != "b" {
			return ""
		}
		switch attempts.Add(1) {
		case 1:
			return "not yet"
		case 2:
			close(trying)
			<-release
		}
		return ""
	})
	e.createObjects(annotatedNamespace(target, baseline.Name))
	e.awaitReady(target, corev1.ConditionFalse, v1alpha1.ReasonRestoreFailed)
	e.awaitSignal(trying, "the second attempt at the object")
	first := e.getRecord(target, baseline.Name)
	if finalizers != nil {
		held := first.DeepCopy() // as an earlier one: the policies keep others from adding any
		held.Finalizers = finalizers
		if err := e.asSeedbed().Patch(e.ctx(), held, client.MergeFrom(first)); err != nil {
			t.Fatal(err)
		}
	}
	e.removeObject(target, "a")
	e.deleteObjects(first.DeepCopy())
	close(release)

	e.awaitRecord(target, baseline.Name, func(record *v1alpha1.BaselineRecord) error {
		if record.UID == first.UID || record.Result.Phase != v1alpha1.PhaseCompleted {
			return fmt.Errorf("the record is %s (the first was %s), %s", record.UID, first.UID, record.Result.Phase)
		}
		return nil
	})
	e.awaitReady(target, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	for _, name := range []string{"a", "b"} {
		if !e.objectExists(&corev1.ConfigMap{}, target, name) {
			t.Errorf("ConfigMap %s is not there", name)
		}
	}
}
