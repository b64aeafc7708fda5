package capture

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

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
	if selector == nil {
		return ""
	}
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return "invalid: " + metav1.FormatLabelSelector(selector)
	}
	return parsed.String()
}
