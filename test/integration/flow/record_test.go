package flow

import (
	"fmt"
	"sync"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestARecordThatSomebodyLabelsMeanwhileGetsItsResult(t *testing.T) {
	w := shared(t)
	baseline := w.baseline(w.backup(w.source(configMap("a")), "configmaps").Name, nil)
	target := w.name("target")
	// The restore's only object waits until somebody has written to the record.
	labelled := sync.OnceValue(func() error {
		record := &v1alpha1.BaselineRestore{ObjectMeta: metav1.ObjectMeta{Namespace: target, Name: baseline.Name}}
		return w.Client.Patch(w.ctx(), record, client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"labels":{"team":"a"}}}`)))
	})
	probe := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: "probe"}}
	w.reviewCreations("configmaps", probe, func(request *admissionv1.AdmissionRequest) string {
		if request.Namespace != target || request.Name != "a" {
			return ""
		}
		if err := labelled(); err != nil {
			return fmt.Sprintf("the record was not labelled: %v", err)
		}
		return ""
	})
	w.create(asking(target, baseline.Name))
	w.awaitReady(target, corev1.ConditionTrue, v1alpha1.ReasonRestored)

	record := w.record(target, baseline.Name)
	if record.Labels["team"] != "a" {
		t.Errorf("the record's labels are %v, want what somebody wrote", record.Labels)
	}
	if status := record.Status; status.Attempts != 1 || status.Counts.Created != 1 || status.Digest != baseline.Status.Digest {
		t.Errorf("the record's status is %+v, want the one attempt's result", status)
	}
}
