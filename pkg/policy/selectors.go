package policy

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// ValidateSelectors says which of a Baseline's label selectors does not parse. The schema cannot: it
// knows neither operators nor what a label's value may be.
func ValidateSelectors(spec *v1alpha1.BaselineSpec) error {
	if _, err := parseSelector("spec.namespaceSelector", spec.NamespaceSelector); err != nil {
		return err
	}
	_, err := parseSelector("spec.allowedNamespaces", spec.AllowedNamespaces)
	return err
}

// parseSelector gives nil for a selector that is absent, unlike an empty one, which matches everything.
func parseSelector(field string, selector *metav1.LabelSelector) (labels.Selector, error) {
	if selector == nil {
		return nil, nil
	}
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return nil, fmt.Errorf("%s does not parse: %.256s", field, err.Error())
	}
	return parsed, nil
}
