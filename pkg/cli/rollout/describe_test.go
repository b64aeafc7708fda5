package rollout

import (
	"testing"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/test/check"
)

func TestSections(t *testing.T) {
	for name, baseline := range map[string]*v1alpha1.Baseline{
		"progressing": newBaseline(),
		"paused":      newBaseline(withReason(v1alpha1.ReasonPaused, "paused"), withAnnotation(v1alpha1.AnnotationRolloutPaused, "")),
		"rolled-out":  newBaseline(withCounts(300, 300, 0, 0), withReason(v1alpha1.ReasonRolledOut, "300 namespaces have revision 7")),
		"none":        newBaseline(withoutRollout, withReason(v1alpha1.ReasonNotRequested, "280 namespaces hold older content")),
		"newest":      newBaseline(func(b *v1alpha1.Baseline) { b.Spec.Rollout.NewNamespaces = v1alpha1.NewNamespacesNewest }),
		"new":         {Spec: v1alpha1.BaselineSpec{Backup: "pull-v1"}},
	} {
		t.Run(name, func(t *testing.T) {
			text := output.NewText()
			PrintSections(text, baseline)
			check.Golden(t, text.String(), "describe", name+".txt")
		})
	}
}
