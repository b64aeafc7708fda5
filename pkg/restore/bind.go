package restore

import (
	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/plan"
	"seedbed.dev/seedbed/pkg/values"
)

// valuesTarget returns the namespace for which values are computed: with the labels and annotations that the attempt copies from the
// source namespace before.
func (t *Task) valuesTarget(compiled *plan.Plan) *values.Target {
	if t.Transition != nil || t.Correction != nil {
		return values.NewTarget(t.Namespace)
	}
	return compiled.PopulatedTarget(t.Namespace, t.Metadata, t.Required)
}

// newRevision returns the revision that an attempt has written. Objects of earlier attempts have the values of their time.
func (t *Task) newRevision(bound *plan.Plan) v1alpha1.RevisionContent {
	revision := bound.RevisionContent(t.Metadata)
	if isResumed := t.HeldValues != "" && t.pendingKeys() != nil; isResumed && t.HeldValues != revision.ValuesHash {
		revision.ValuesHash = v1alpha1.ValuesMixed
	}
	return revision
}
