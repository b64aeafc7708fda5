package capture

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// SelectionHash tells whether two specs select the same, so that content stored for one can be taken for the other: the
// order of names and how long the backup is kept make no difference. The names are not resolved, since what a name
// stands for may change. It is 64 hexadecimal digits, and stays the same from release to release.
func SelectionHash(spec *v1alpha1.BaselineBackupSpec) string {
	selected := struct {
		Namespaces []string `json:"namespaces"`
		Resources  []string `json:"resources"`
		Excluded   []string `json:"excluded"`
		Selector   string   `json:"selector"`
	}{
		Namespaces: set(spec.IncludedNamespaces),
		Resources:  set(spec.IncludedResources),
		Excluded:   set(spec.ExcludedResources),
		Selector:   selectorString(spec.LabelSelector),
	}
	if selectsEverything(spec.IncludedResources) {
		selected.Resources = []string{}
	}
	// Strings always encode.
	encoded, _ := json.Marshal(selected)
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:])
}

// set gives names in order, each once, and an empty list for none.
func set(names []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(names)))
}

// selectorString is the selector as it is sent to the API server: its parts are in order, and nothing is the same as
// empty. One that does not parse selects nothing anywhere, so that any stable form of it will do.
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
