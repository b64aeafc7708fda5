package baseline

import (
	"testing"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/resource"
	"seedbed.dev/seedbed/test/check"
	"seedbed.dev/seedbed/test/views"
)

func TestTables(t *testing.T) { views.CheckTables(t, view, resource.Baseline) }

func TestDescriptions(t *testing.T) {
	for name, obj := range views.Objects(t, resource.Baseline) {
		t.Run(name, func(t *testing.T) {
			baseline := obj.(*v1alpha1.Baseline)
			held := resource.Holders{Unknown: "you may not list them"}
			var records v1alpha1.BaselineRecordList
			if check.ReadYAML(t, &records, "describe", name, "holders.yaml") {
				held.Unknown = ""
				for i := range records.Items {
					held.Records = append(held.Records, &records.Items[i])
				}
			}
			check.Golden(t, describeText(baseline, held, false), "describe", name, "describe.txt")
			check.Golden(t, describeText(baseline, held, true), "describe", name, "details.txt")
		})
	}
}
