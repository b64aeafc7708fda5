package plan

import (
	"maps"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/values"
)

// PopulatedTarget returns a namespace for which values are computed, with the labels and annotations that a restore copies to it.
func (p *Plan) PopulatedTarget(namespace metav1.Object, patterns *v1alpha1.NamespaceMetadata, required bool) *values.Target {
	target := values.NewTarget(namespace)
	labels, annotations := p.MissingMetadata(namespace, patterns, required)
	target.Labels, target.Annotations = overlayEntries(target.Labels, labels), overlayEntries(target.Annotations, annotations)
	return target
}

// overlayEntries returns entries with others over them.
func overlayEntries(entries, others map[string]string) map[string]string {
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
