package plan

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// MissingMetadata returns the labels and annotations of the source namespace to copy to a namespace; none if patterns is nil. They are
// those that the namespace lacks and, if the baseline is Required, those that differ.
func (p *Plan) MissingMetadata(namespace metav1.Object, patterns *v1alpha1.NamespaceMetadata, required bool) (labels, annotations map[string]string) {
	if patterns == nil {
		return nil, nil
	}
	return missingEntries(namespace.GetLabels(), p.Labels(patterns.Labels), required),
		missingEntries(namespace.GetAnnotations(), p.Annotations(patterns.Annotations), required)
}

// missingEntries returns the wanted entries that the target lacks and, if the baseline is Required, those that differ.
func missingEntries(have, wanted map[string]string, required bool) map[string]string {
	out := map[string]string{}
	for key, value := range wanted {
		current, set := have[key]
		if !set || (required && current != value) {
			out[key] = value
		}
	}
	return out
}
