package audit

import (
	"strings"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply/merge"
	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// Ignored are the rules of a Baseline about what may differ.
type Ignored []v1alpha1.DriftIgnoreRule

// isIgnored reports whether an object as a whole may differ.
func (r Ignored) isIgnored(object *manifest.Object) bool {
	for i := range r {
		if len(r[i].Paths) == 0 && r[i].Matches(object.Kind.GroupKind(), object.Name) {
			return true
		}
	}
	return false
}

// FieldsOf returns the function that reports whether a field of an object may differ; nil if none may.
func (r Ignored) FieldsOf(object *manifest.Object) func(path merge.Path) bool {
	var prefixes []string
	for i := range r {
		if r[i].Matches(object.Kind.GroupKind(), object.Name) {
			prefixes = append(prefixes, r[i].Paths...)
		}
	}
	if len(prefixes) == 0 {
		return nil
	}
	return func(path merge.Path) bool {
		pointer := pointerOf(path)
		for _, prefix := range prefixes {
			if pointer == prefix || strings.HasPrefix(pointer, strings.TrimSuffix(prefix, "/")+"/") {
				return true
			}
		}
		return false
	}
}

// pointerOf returns a path as a JSON pointer in which an item of a list is named.
func pointerOf(path merge.Path) string {
	var pointer strings.Builder
	for _, step := range path {
		pointer.WriteString(manifest.Pointer(step.Name))
	}
	return pointer.String()
}
