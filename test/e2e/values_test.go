//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// valuesExample is an example of values as a user tries it: a namespace, a field of one of its objects, and a change of the namespace.
type valuesExample struct {
	namespace, object, field string
	first                    string
	change                   []string
	second                   string
	// warns is a part of the warning that kubectl prints; empty for none.
	warns string
}

var valuesExamples = map[string]valuesExample{
	"ingress-host": {
		namespace: "team-a", object: "ingress/web", field: "{.spec.rules[0].host}", first: "team-a.apps.example.com",
	},
	"quota-by-tier": {
		namespace: "team-gold", object: "resourcequota/compute", field: `{.spec.hard.requests\.cpu}`, first: "40", second: "20",
		change: []string{"label", "namespace", "team-gold", "tier=silver", "--overwrite"}, warns: "spec.values[0]: whoever may label or annotate a namespace decides about its ResourceQuota compute",
	},
	"team-group": {
		namespace: "payments-dev", object: "rolebinding/team", field: "{.subjects[0].name}", first: "oidc:payments", second: "oidc:billing",
		change: []string{"label", "namespace", "payments-dev", "team=billing", "--overwrite"}, warns: "spec.values[0]: whoever may label or annotate a namespace decides about its RoleBinding.rbac.authorization.k8s.io team",
	},
	"cost-centre": {
		namespace: "billing", object: "configmap/settings", field: `{.metadata.labels.cost-centre}`, first: "cc-1234", second: "cc-9",
		change: []string{"label", "namespace", "billing", "cost-centre=cc-9", "--overwrite"},
	},
	"registry-by-region": {
		namespace: "shop-dev", object: "deployment/app", field: "{.spec.template.spec.containers[0].image}", first: "eu.registry.example.com/app:1", second: "us.registry.example.com/app:1",
		change: []string{"label", "namespace", "shop-dev", "region=us", "--overwrite"},
	},
	"network-peers": {
		namespace: "orders", object: "networkpolicy/peers", field: "{.spec.ingress[0].from[1].namespaceSelector.matchLabels.team}", first: "billing", second: "shop",
		change: []string{"annotate", "namespace", "orders", "example.com/peers=checkout,shop", "--overwrite"}, warns: "spec.values[0]: whoever may label or annotate a namespace decides about its NetworkPolicy.networking.k8s.io peers",
	},
}

// testValues tries the README's examples of values with kubectl alone.
func testValues(t *testing.T, e *env) {
	for name, example := range valuesExamples {
		t.Run(name, func(t *testing.T) { e.tryExample(t, filepath.Join(e.root, "examples/values", name), &example) })
	}
}

func (e *env) tryExample(t *testing.T, dir string, example *valuesExample) {
	t.Helper()
	e.mustRun(t, "kubectl", "apply", "-f", filepath.Join(dir, "backups"))
	e.backUpExample(t, dir)
	// The backup stays: namespaces hold it until they are gone.
	defer e.mustRun(t, "kubectl", "delete", "--wait=false", "-f", filepath.Join(dir, "baselines.yaml"), "-f", filepath.Join(dir, "backups"))
	out := e.mustRun(t, "kubectl", "apply", "-f", filepath.Join(dir, "baselines.yaml"))
	if example.warns != "" {
		requireContains(t, out, "Warning: "+example.warns)
	}
	e.mustRun(t, "kubectl", "wait", "-f", filepath.Join(dir, "baselines.yaml"), "--for=condition=Ready", "--timeout=1m")
	cases, err := filepath.Glob(filepath.Join(dir, "cases", "*", "namespace.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range cases {
		e.mustRun(t, "kubectl", "apply", "-f", file)
		defer e.mustRun(t, "kubectl", "delete", "--wait=false", "-f", file)
	}
	e.mustRun(t, "kubectl", "wait", "namespace/"+example.namespace, "--for=condition=BaselineReady", "--timeout=1m")
	e.requireField(t, example, example.first)
	if example.second != "" {
		e.mustRun(t, "kubectl", example.change...)
		e.requireField(t, example, example.second)
	}
}

// backUpExample backs up the source namespace of an example.
func (e *env) backUpExample(t *testing.T, dir string) {
	t.Helper()
	files, err := os.ReadDir(filepath.Join(dir, "backups"))
	if err != nil || len(files) != 1 {
		t.Fatal(len(files), "backups", err)
	}
	name := strings.TrimSuffix(files[0].Name(), ".yaml")
	source := strings.TrimSuffix(name, "-1") + "-golden"
	e.createObjects(t, &v1alpha1.BaselineBackup{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.BaselineBackupSpec{IncludedNamespaces: []string{source}}})
	e.mustRun(t, "kubectl", "wait", "baselinebackup/"+name, "--for=condition=Ready", "--timeout=1m")
}

func (e *env) requireField(t *testing.T, example *valuesExample, want string) {
	t.Helper()
	e.mustRun(t, "kubectl", "-n", example.namespace, "wait", example.object, "--for=jsonpath="+example.field+"="+want, "--timeout=1m")
}
