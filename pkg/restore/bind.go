package restore

import (
	"maps"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/plan"
	"seedbed.dev/seedbed/pkg/values"
)

// valuesTarget returns the namespace for which values are computed: with the labels and annotations that the attempt copies from the
// source namespace before.
func (t *Task) valuesTarget(compiled *plan.Plan) *values.Target {
	target := &values.Target{Name: t.Namespace.Name, Labels: t.Namespace.Labels, Annotations: t.Namespace.Annotations}
	if t.Metadata != nil && t.Transition == nil {
		target.Labels = overlay(target.Labels, missingEntries(t.Namespace.Labels, compiled.Labels(t.Metadata.Labels), t.Required))
		target.Annotations = overlay(target.Annotations, missingEntries(t.Namespace.Annotations, compiled.Annotations(t.Metadata.Annotations), t.Required))
	}
	return target
}

// overlay returns entries with others over them.
func overlay(entries, others map[string]string) map[string]string {
	if len(others) == 0 {
		return entries
	}
	all := maps.Clone(entries)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, others)
	return all
}

// newRevision returns the revision that an attempt has written. Objects of earlier attempts have the values of their time.
func (t *Task) newRevision(bound *plan.Plan) v1alpha1.RevisionContent {
	revision := bound.RevisionContent(t.Metadata)
	if isResumed := t.HeldValues != "" && t.pendingKeys() != nil; isResumed && t.HeldValues != revision.ValuesHash {
		revision.ValuesHash = v1alpha1.ValuesMixed
	}
	return revision
}
