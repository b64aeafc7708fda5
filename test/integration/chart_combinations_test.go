package integration

import (
	"slices"
	"strings"
	"testing"
)

// mainValues are the values that most installations choose, with the choices.
var mainValues = [][]string{
	{"tls.mode=self-signed", "tls.mode=cert-manager"},
	{"rbac.roles=none", "rbac.roles=escalate"},
	{"access.everyone=false", "access.everyone=true"},
	{"metrics.serviceMonitor.enabled=false", "metrics.serviceMonitor.enabled=true,metrics.prometheusRule.enabled=true,metrics.dashboard.enabled=true"},
	{"networkPolicy.enabled=false", "networkPolicy.enabled=true"},
	{"replicaCount=1", "replicaCount=2"},
	{"crds.install=true", "crds.install=false"},
}

// The API server accepts every combination of the main values. Most combinations differ in the content and not in the
// number of their objects; each distinct object is checked once.
func TestAPIServerAcceptsEveryCombinationOfMainValues(t *testing.T) {
	helm, namespace, dry := helmBinary(t), newRestrictedNamespace(t), newDryRunner(t)
	all := allCombinations(mainValues)
	for _, set := range all {
		t.Run(strings.Join(set, ","), func(t *testing.T) {
			rendered, err := renderChart(t, helm, namespace, set...)
			if err != nil {
				t.Fatal(err)
			}
			if made := dry.checkObjects(t, rendered); len(made) < 10 {
				t.Errorf("it makes only %q", made)
			}
		})
	}
	t.Logf("%d combinations made %d different objects", len(all), len(dry.checked))
}

// allCombinations returns every way to take one of each.
func allCombinations(choices [][]string) [][]string {
	all := [][]string{nil}
	for _, values := range choices {
		var longer [][]string
		for _, set := range all {
			for _, value := range values {
				longer = append(longer, append(slices.Clip(set), value))
			}
		}
		all = longer
	}
	return all
}
