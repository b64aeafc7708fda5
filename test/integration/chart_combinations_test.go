package integration

import (
	"strings"
	"testing"
)

// mainValues are what most installations choose, and the choices.
var mainValues = [][]string{
	{"tls.mode=self-signed", "tls.mode=cert-manager"},
	{"rbac.roles=none", "rbac.roles=escalate"},
	{"access.everyone=false", "access.everyone=true"},
	{"metrics.serviceMonitor.enabled=false", "metrics.serviceMonitor.enabled=true,metrics.prometheusRule.enabled=true,metrics.dashboard.enabled=true"},
	{"networkPolicy.enabled=false", "networkPolicy.enabled=true"},
	{"replicaCount=1", "replicaCount=2"},
	{"crds.install=true", "crds.install=false"},
}

// The API server takes whatever the main values are together. Most combinations differ in what is in them and not in the
// objects themselves, each of which is checked once.
func TestTheAPIServerAcceptsEveryCombinationOfTheMainValues(t *testing.T) {
	helm, namespace, dry := helmBinary(t), restrictedNamespace(t), newDryRun(t)
	all := combinations(mainValues)
	for _, set := range all {
		t.Run(strings.Join(set, ","), func(t *testing.T) {
			rendered, err := template(t, helm, namespace, set...)
			if err != nil {
				t.Fatal(err)
			}
			if made := dry.check(t, rendered); len(made) < 10 {
				t.Errorf("it makes only %q", made)
			}
		})
	}
	t.Logf("%d combinations made %d different objects", len(all), len(dry.checked))
}

// combinations takes one of each, in every way.
func combinations(choices [][]string) [][]string {
	all := [][]string{nil}
	for _, values := range choices {
		var longer [][]string
		for _, set := range all {
			for _, value := range values {
				longer = append(longer, append(set[:len(set):len(set)], value))
			}
		}
		all = longer
	}
	return all
}
