package apply

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"seedbed.dev/seedbed/pkg/apply/merge"
)

// rebase sets the fields of the bases whose earlier values are not known. A value that no other manager has written is Seedbed's own of
// earlier, so the bases get it. One that another manager has written is removed from them, so that it conflicts. A field that is gone
// keeps the present value, which changes nothing.
func (c *comparison) rebase(fields [][]string) {
	none := &unstructured.Unstructured{Object: map[string]any{}}
	for _, field := range fields {
		path, found := merge.FindPath(c.normalized, field)
		if !found {
			continue
		}
		from := c.normalized
		if len(managersOf(c.entries, path, c.manager)) > 0 {
			from = none
		}
		for i, base := range c.bases {
			c.bases[i] = merge.Adopt(base, from, [][]string{field})
		}
	}
}
