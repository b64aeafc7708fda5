package baseline

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestAdoptQuestionNamesTheTrust(t *testing.T) {
	lost := metav1.NewTime(time.Date(2026, 11, 22, 16, 30, 0, 0, time.FixedZone("CET", 3600))) // the annotation is in UTC
	question := adoptQuestion(&v1alpha1.Baseline{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Status:     v1alpha1.BaselineStatus{NamespaceCounts: v1alpha1.NamespaceCounts{ReleasedNamespaces: 3}, KeyLostTimestamp: &lost},
	})
	const want = `The keys were lost at 2026-11-22T15:30:00Z. Every complete record of baseline "web" from before that time is trusted as it stands: nothing proves any more that Seedbed wrote it.`
	if question.Consequences != want {
		t.Errorf("consequences\n%s\nwant\n%s", question.Consequences, want)
	}
	if question.Object != `the records of baseline "web" in 3 namespaces` {
		t.Errorf("object %s", question.Object)
	}
}
