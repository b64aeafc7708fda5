package admission

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/suggest"
)

// namespaceAnnotations lists the annotation keys of group seedbed.dev on namespaces. There are no such labels.
var namespaceAnnotations = []string{v1alpha1.AnnotationBaseline, v1alpha1.AnnotationAsked, v1alpha1.AnnotationNotAuthorized}

const keyPrefix = v1alpha1.GroupName + "/"

// keyWarnings returns a warning for each key of group seedbed.dev that the request sets and that has no meaning.
func keyWarnings(change *namespaceChange) []string {
	var oldAnnotations, oldLabels map[string]string
	if change.oldObj != nil {
		oldAnnotations, oldLabels = change.oldObj.Annotations, change.oldObj.Labels
	}
	var warnings []string
	for _, key := range changedKeys(change.newObj.Annotations, oldAnnotations) {
		if slices.Contains(namespaceAnnotations, key) {
			continue
		}
		warning := fmt.Sprintf("annotation %.128s means nothing to Seedbed", key)
		if nearest, near := suggest.Nearest(key, namespaceAnnotations[:2]); near {
			warning += ": did you mean " + nearest + "?"
		}
		warnings = append(warnings, warning)
	}
	for _, key := range changedKeys(change.newObj.Labels, oldLabels) {
		warnings = append(warnings, fmt.Sprintf("label %.128s means nothing to Seedbed on a namespace: the annotation %s chooses baselines", key, v1alpha1.AnnotationBaseline))
	}
	return warnings
}

// changedKeys returns the keys of the group whose values are new, sorted.
func changedKeys(values, oldValues map[string]string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(values)), func(key string) bool {
		oldValue, wasSet := oldValues[key]
		return !strings.HasPrefix(key, keyPrefix) || wasSet && oldValue == values[key]
	})
}
