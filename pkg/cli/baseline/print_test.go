package baseline

import (
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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

func TestDescriptionNamesTheWorstHolders(t *testing.T) {
	var held resource.Holders
	for i := range maxHolders + 5 {
		held.Records = append(held.Records, &v1alpha1.BaselineRecord{
			ObjectMeta: metav1.ObjectMeta{Namespace: fmt.Sprintf("team-%02d", i), Name: "web"}, Result: v1alpha1.RestoreResult{Phase: v1alpha1.PhaseCompleted},
		})
	}
	held.Records[23].Result.Phase = v1alpha1.PhasePartiallyFailed
	held.Records[24].Drift = &v1alpha1.RecordedDrift{Count: 1, Objects: []v1alpha1.ObjectResult{{Object: "secrets/pull", Result: v1alpha1.ResultMissing}}}
	text := describeText(&v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: "web"}}, held, false)
	for _, want := range []string{"team-00:", "team-17:", "team-23:  PartiallyFailed", "team-24:  Completed, drifted: secrets/pull missing", "and 5 more"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.Contains(text, "team-18:") {
		t.Errorf("more than %d namespaces are named:\n%s", maxHolders, text)
	}
}
