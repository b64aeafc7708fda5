package baseline

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/output"
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

func TestDescriptionHasTheRules(t *testing.T) {
	text := output.NewText()
	printValues(text, &v1alpha1.BaselineRules{
		Values: []v1alpha1.BaselineValue{
			{Target: v1alpha1.ObjectTarget{Group: "apps", Kind: "Deployment", Name: "web"}, Path: "/spec/replicas", Expression: "3"},
			{Target: v1alpha1.ObjectTarget{Kind: "*"}, Path: "/metadata/labels/team", Expression: "target.labels['team']"},
		},
		Include: []v1alpha1.BaselineInclude{{Target: v1alpha1.ObjectTarget{Kind: "Secret"}, Expression: "target.name != 'x'"}},
	})
	want := `Values of each namespace's own:
  Deployment.apps web /spec/replicas:  3
  * /metadata/labels/team:             target.labels['team']
Restored only where:
  Secret:  target.name != 'x'
`
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Error(diff)
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
