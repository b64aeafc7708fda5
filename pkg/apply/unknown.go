package apply

import (
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"seedbed.dev/seedbed/pkg/apply/merge"
)

// rebase sets the fields of the bases whose earlier values are not known. A value that no other manager has written is Seedbed's own of
// earlier, so the bases get it; so is a field that is not there, because it could not be computed before. One that another manager may
// have written, and that is not the new one, is a conflict. A field whose parent was removed stays away.
func (c *comparison) rebase(fields [][]string) {
	for _, field := range fields {
		path, found := merge.FindPath(c.normalized, field)
		_, hasParent := merge.FindPath(c.normalized, field[:len(field)-1])
		isOthers := len(c.entries) == 0 || len(managersOf(c.entries, path, c.manager)) > 0
		switch {
		case found && isOthers && !merge.EqualAt(path, c.normalized, c.desired):
			c.unknown = append(c.unknown, merge.Conflict{Path: path})
		case found && !isOthers, !found && hasParent:
			c.adoptEarlier(field)
		}
	}
}

// adoptEarlier gives the bases the live value of a field.
func (c *comparison) adoptEarlier(field []string) {
	for i, base := range c.bases {
		c.bases[i] = merge.Adopt(base, c.normalized, [][]string{field})
	}
}

// threeWay merges, and counts the fields that others may have written as conflicts.
func (c *comparison) threeWay(combine func(live, normalized, desired *unstructured.Unstructured, bases []*unstructured.Unstructured) (*unstructured.Unstructured, []merge.Conflict)) (*unstructured.Unstructured, []merge.Conflict) {
	merged, conflicts := combine(c.live, c.normalized, c.desired, c.bases)
	return merged, slices.Concat(c.unknown, conflicts)
}
