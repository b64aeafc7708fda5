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
	// maxSelectorErrors is an upper bound of the errors of one selector, and of those of all steps of a rollout.
	maxSelectorErrors = 4
	// maxValueLength is an upper bound of the characters of a value in an error.
	maxValueLength = 64
)

// ValidateSelectors returns the errors in a Baseline's label selectors. The schema has no rules for operators and values.
func ValidateSelectors(spec *v1alpha1.BaselineSpec) field.ErrorList {
	path := field.NewPath("spec")
	return slices.Concat(ValidateSelector(spec.NamespaceSelector, path.Child("namespaceSelector")),
		ValidateSelector(spec.AllowedNamespaces, path.Child("allowedNamespaces")),
		validateSteps(spec.Rollout, path.Child("rollout", "steps")))
}

// validateSteps returns the errors in the selectors of a rollout's steps, as many as of one selector.
func validateSteps(rollout *v1alpha1.BaselineRollout, path *field.Path) (errs field.ErrorList) {
	if rollout == nil {
		return nil
	}
	for i := range rollout.Steps {
		errs = append(errs, ValidateSelector(rollout.Steps[i].NamespaceSelector, path.Index(i).Child("namespaceSelector"))...)
	}
	return errs[:min(len(errs), maxSelectorErrors)]
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
