package resource

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestForcedDeletionNamesItsConsequences(t *testing.T) {
	view := &View{Descriptor: Backup, Force: &Force{Consequences: "It is lost."}}
	objects := []client.Object{&v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: "foo"}}}
	for force, want := range map[bool]string{true: "It is lost.", false: ""} {
		question := (&deleteOptions{force: force}).newQuestion(view, objects)
		if question.Consequences != want || question.Object != `backup "foo"` {
			t.Errorf("force %t: asked %+v, want the consequences %q", force, question, want)
		}
	}
}
