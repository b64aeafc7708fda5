package preview

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/restore"
)

func forecastOf(items ...v1alpha1.ObjectResult) *restore.Forecast {
	return &restore.Forecast{Items: items}
}

func TestTallyCountsNamespacesAndObjects(t *testing.T) {
	updated := v1alpha1.ObjectResult{Object: "deployments.apps/web", Result: v1alpha1.ResultUpdated, Reason: "spec.template" + restore.RestartsPods}
	kept := v1alpha1.ObjectResult{Object: "secrets/db", Result: v1alpha1.ResultKept, Reason: "data.password was changed by kubectl-edit"}
	failed := v1alpha1.ObjectResult{Object: "secrets/db", Result: v1alpha1.ResultFailed, Reason: "no"}
	tally := newTally(&v1alpha1.FleetPreviewStatus{Namespaces: 5, CurrentNamespaces: 7})
	tally.addNamespace("a", forecastOf(updated), false)
	tally.addNamespace("b", forecastOf(updated, kept), true)
	tally.addNamespace("c", forecastOf(failed), true)
	tally.addNamespace("d", forecastOf(v1alpha1.ObjectResult{Object: "namespaces/d", Result: v1alpha1.ResultUpdated}), true)
	tally.addNamespace("gone", nil, true)
	got := fleetStatus(&restore.Task{}, "foo", tally)
	fleet := got.Fleet
	if fleet.Namespaces != 4 || fleet.TriedNamespaces != 3 || fleet.KeptNamespaces != 1 || fleet.FailedNamespaces != 1 || fleet.CurrentNamespaces != 7 || got.Truncated {
		t.Errorf("%+v", got)
	}
	objects := fmt.Sprint(fleet.Objects)
	if want := fmt.Sprint([]v1alpha1.FleetPreviewObject{
		{Object: "deployments.apps/web", Updated: 2, RestartsPods: 2}, {Object: "namespaces", Updated: 1}, {Object: "secrets/db", Kept: 1, Failed: 1},
	}); objects != want {
		t.Errorf("%s, want %s", objects, want)
	}
	if len(fleet.Findings) != 2 || fleet.Findings[0].Namespace != "b" || fleet.Findings[1].Result != failed {
		t.Errorf("%+v", fleet.Findings)
	}
}

// What does not fit is counted, and failed objects are listed before kept ones.
func TestTallyIsBounded(t *testing.T) {
	tally := newTally(&v1alpha1.FleetPreviewStatus{})
	const kept, failed = 12000, 3000
	for i := range kept {
		tally.addNamespace(fmt.Sprintf("kept-%05d", i), forecastOf(v1alpha1.ObjectResult{Object: "secrets/db", Result: v1alpha1.ResultKept}), true)
	}
	for i := range failed {
		tally.addNamespace(fmt.Sprintf("failed-%05d", i), forecastOf(v1alpha1.ObjectResult{Object: "secrets/db", Result: v1alpha1.ResultFailed}), true)
	}
	got := fleetStatus(&restore.Task{}, "foo", tally)
	fleet := got.Fleet
	if len(fleet.Findings) != v1alpha1.MaxFleetPreviewFindings || int(fleet.FindingsOmitted)+len(fleet.Findings) != kept+failed || !got.Truncated {
		t.Errorf("%d findings, %d omitted", len(fleet.Findings), fleet.FindingsOmitted)
	}
	listed := 0
	for _, finding := range fleet.Findings {
		if finding.Result.Result == v1alpha1.ResultFailed {
			listed++
		}
	}
	if listed != failed || encodedSize(got) > v1alpha1.MaxPreviewBytes {
		t.Errorf("%d failed ones are listed, in %d bytes", listed, encodedSize(got))
	}
}

func TestGroupIsSampled(t *testing.T) {
	group := func(size int, every bool) *namespaceGroup {
		g := &namespaceGroup{every: every}
		for i := range size {
			g.namespaces = append(g.namespaces, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint(i)}})
		}
		return g
	}
	for name, test := range map[string]struct {
		group        *namespaceGroup
		sample, rest int
	}{
		"none":          {group(0, false), 0, 0},
		"few":           {group(3, false), 3, 0},
		"many":          {group(1000, false), 3, 997},
		"each is tried": {group(1000, true), 1000, 0},
		"one more":      {group(4, false), 3, 1},
	} {
		t.Run(name, func(t *testing.T) {
			if sample, rest := len(test.group.sample()), len(test.group.rest()); sample != test.sample || rest != test.rest {
				t.Errorf("%d are tried, and %d are not", sample, rest)
			}
		})
	}
	one, other := forecastOf(v1alpha1.ObjectResult{Object: "a"}), forecastOf(v1alpha1.ObjectResult{Object: "a", Reason: "b"})
	if sameForecast([]*restore.Forecast{one, one}) != one || sameForecast([]*restore.Forecast{one, other}) != nil || sameForecast([]*restore.Forecast{one, nil}) != nil {
		t.Error("forecasts are compared by their objects and reasons")
	}
}
