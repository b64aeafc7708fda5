package flow

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestDeselectedNamespaceBecomesReady(t *testing.T) {
	e := sharedInstallation(t)
	key := "team-" + e.suffix
	baseline := &v1alpha1.Baseline{
		ObjectMeta: metav1.ObjectMeta{Name: e.uniqueName("baseline")},
		Spec: v1alpha1.BaselineSpec{
			Backup: e.uniqueName("no-such-backup"), NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{key: "x"}},
		},
	}
	e.createObjects(baseline)
	target := e.uniqueName("target")
	e.createObjects(labelledNamespace(target, key, "x"))
	e.awaitReady(target, corev1.ConditionFalse, v1alpha1.ReasonBaselineNotReady)
	e.updateObject(baseline, func() { baseline.Spec.NamespaceSelector.MatchLabels = map[string]string{key: "y"} })
	e.awaitReady(target, corev1.ConditionTrue, "")
}

// A controller that is asked to stop finishes the restores that it has begun, and writes their conditions as well, since no
// other controller may run for long.
func TestStoppingControllerWritesConditions(t *testing.T) {
	e := newExclusiveInstallation(t)
	controller := e.startController()
	baseline := e.createFilledBaseline()
	e.createBurst("burst", controller.Stop)

	var records v1alpha1.BaselineRecordList
	if err := e.Client.List(e.ctx(), &records); err != nil {
		t.Fatal(err)
	}
	restored := 0
	for i := range records.Items {
		record := &records.Items[i]
		if record.Name != baseline.Name || record.Result.Attempts == 0 {
			continue
		}
		restored++
		condition, err := e.readyCondition(e.ctx(), record.Namespace)
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
