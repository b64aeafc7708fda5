package policy

import (
	"cmp"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

const (
	// maxSelectorErrors is an upper bound of the errors of one selector.
	maxSelectorErrors = 4
	// maxValueLength is an upper bound of the characters of a value in an error.
	maxValueLength = 64
)

// ValidateSelectors returns the errors in a Baseline's label selectors. The schema has no rules for operators and values.
func ValidateSelectors(spec *v1alpha1.BaselineSpec) field.ErrorList {
	path := field.NewPath("spec")
	return append(ValidateSelector(spec.NamespaceSelector, path.Child("namespaceSelector")),
		ValidateSelector(spec.AllowedNamespaces, path.Child("allowedNamespaces"))...)
}

// ValidateSelector returns the errors in a label selector, sorted and bounded. A selector without errors parses.
func ValidateSelector(selector *metav1.LabelSelector, path *field.Path) field.ErrorList {
	errs := validation.ValidateLabelSelector(selector, validation.LabelSelectorValidationOptions{}, path)
	for _, err := range errs {
		if value, isString := err.BadValue.(string); isString {
			err.BadValue = fmt.Sprintf("%.*s", maxValueLength, value)
		}
	}
	slices.SortFunc(errs, func(a, b *field.Error) int { return cmp.Compare(a.Error(), b.Error()) })
	return errs[:min(len(errs), maxSelectorErrors)]
}

// parseSelector returns nil for an absent selector, unlike for an empty one, which matches everything.
func parseSelector(selector *metav1.LabelSelector) (labels.Selector, error) {
	if selector == nil {
		return nil, nil
	}
	return metav1.LabelSelectorAsSelector(selector)
}
