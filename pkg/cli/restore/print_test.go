package restore

import (
	"testing"

	"seedbed.dev/seedbed/pkg/cli/resource"
	"seedbed.dev/seedbed/test/check"
	"seedbed.dev/seedbed/test/views"
)

func TestTables(t *testing.T) { views.CheckTables(t, view, resource.Restore, resource.Record) }

func TestDescriptions(t *testing.T) {
	for _, kind := range []*resource.Descriptor{resource.Restore, resource.Record} {
		for name, obj := range views.Objects(t, kind) {
			t.Run(name, func(t *testing.T) {
				check.Golden(t, describeText(summarizeObject(obj), false), "describe", name, "describe.txt")
				check.Golden(t, describeText(summarizeObject(obj), true), "describe", name, "details.txt")
			})
		}
	}
}
