package capture

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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

// SelectionHash returns a hash that two specs share exactly if they select the same, so that content stored for one
// can be adopted for the other. The order of names and the ttl make no difference. Names are not resolved, because
// their meaning may change. The hash is 64 hexadecimal digits and is stable across releases.
func SelectionHash(spec *v1alpha1.BaselineBackupSpec) string {
	selected := struct {
		Namespaces []string `json:"namespaces"`
		Resources  []string `json:"resources"`
		Excluded   []string `json:"excluded"`
		Selector   string   `json:"selector"`
	}{
		Namespaces: sortedSet(spec.IncludedNamespaces),
		Resources:  sortedSet(spec.IncludedResources),
		Excluded:   sortedSet(spec.ExcludedResources),
		Selector:   selectorString(spec.LabelSelector),
	}
	if selectsEverything(spec.IncludedResources) {
		selected.Resources = []string{}
	}
	// Marshalling strings never fails.
	encoded, _ := json.Marshal(selected)
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:])
}

// sortedSet returns the names sorted and unique; never nil, so that it is encoded as a list.
func sortedSet(names []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(names)))
}

// selectorString returns the selector in the form that is sent to the API server, with its parts sorted. An absent
// selector equals an empty one. A selector that does not parse selects nothing, so any stable form of it suffices.
func selectorString(selector *metav1.LabelSelector) string {
	parsed, err := parseSelector(selector)
	if err != nil {
		return "invalid: " + metav1.FormatLabelSelector(selector)
	}
	return parsed
}
