package capture

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/store"
)

// ErrOtherSelection means that the content stored under the backup's name was captured with another selection. It is
// never replaced, because it may be the only copy.
var ErrOtherSelection = errors.New("content of another selection is kept under this name and is not replaced: " +
	"use another name, or that selection, which adopts the content (deleting the backup then discards it)")

// otherSelectionError returns ErrOtherSelection with the selection of the stored content.
func otherSelectionError(entry *store.Entry) error {
	selected, recorded := entry.Meta[metaSelected]
	if !recorded { // stored by an earlier release
		selected = fmt.Sprintf("a selection that was not recorded, so discard it with `kubectl delete secrets -l seedbed.dev/backup=%s` in Seedbed's namespace", entry.Name)
	}
	return fmt.Errorf("%w: taken %s of %s", ErrOtherSelection, entry.Created.UTC().Format(time.RFC3339), selected)
}

// describeSelection returns the selection of a spec in one line.
func describeSelection(spec *v1alpha1.BaselineBackupSpec) string {
	parts := []string{"namespaces " + strings.Join(sortedSet(spec.IncludedNamespaces), ", ")}
	resources := "all resources"
	if !selectsEverything(spec.IncludedResources) {
		resources = "resources " + strings.Join(sortedSet(spec.IncludedResources), ", ")
	}
	parts = append(parts, resources)
	if excluded := sortedSet(spec.ExcludedResources); len(excluded) > 0 {
		parts = append(parts, "without "+strings.Join(excluded, ", "))
	}
	if selector := selectorString(spec.LabelSelector); selector != "" {
		parts = append(parts, "labels "+selector)
	}
	return strings.Join(parts, "; ")
}
