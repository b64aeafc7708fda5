package flow

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestANamespaceThatWaitedForABaselineIsToldWhenItNeedNotAnyMore(t *testing.T) {
	w := shared(t)
	key := "team-" + w.suffix
	baseline := &v1alpha1.Baseline{
		ObjectMeta: metav1.ObjectMeta{Name: w.name("baseline")},
		Spec: v1alpha1.BaselineSpec{
			Backup: w.name("no-such-backup"), NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{key: "x"}},
		},
	}
	w.create(baseline)
	target := w.name("target")
	w.create(labelled(target, key, "x"))
	w.awaitReady(target, corev1.ConditionFalse, v1alpha1.ReasonBaselineNotReady)
	w.change(baseline, func() { baseline.Spec.NamespaceSelector.MatchLabels = map[string]string{key: "y"} })
	w.awaitReady(target, corev1.ConditionTrue, "")
}

// A controller that is asked to stop finishes what it has begun: what it restored is told as well, since nobody may be
// there to tell it for long.
func TestAControllerThatStopsInABurstTellsWhatItHasRestored(t *testing.T) {
	w := alone(t)
	controller := w.start()
	baseline := w.fill()
	w.createBurst("burst", controller.Stop)

	var records v1alpha1.BaselineRecordList
	if err := w.Client.List(w.ctx(), &records); err != nil {
		t.Fatal(err)
	}
	restored := 0
	for i := range records.Items {
		record := &records.Items[i]
		if record.Name != baseline.Name || record.Result.Attempts == 0 {
			continue
		}
		restored++
		condition, err := w.condition(w.ctx(), record.Namespace)
		if err != nil {
			t.Fatal(err)
		}
		if condition == nil || condition.Status != corev1.ConditionTrue {
			t.Errorf("%s was restored, and its condition is %v", client.ObjectKeyFromObject(record), condition)
		}
	}
	if restored == 0 {
		t.Error("nothing was restored before the controller stopped")
	}
}
