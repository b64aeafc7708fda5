package flow

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestFirstBaselineKeepsObject(t *testing.T) {
	e := sharedInstallation(t)
	bring := func(value string) *v1alpha1.Baseline {
		e, shares := e.withOwnNames(), configMap("shared")
		shares.Data["key"] = value
		return e.createBaseline(e.createBackup(e.createSource(shares, configMap("only-"+value)), "configmaps").Name, nil)
	}
	first, second := bring("first"), bring("second")
	target := e.uniqueName("target")
	e.createObjects(annotatedNamespace(target, first.Name+","+second.Name))
	e.awaitReady(target, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	got := &corev1.ConfigMap{}
	for name, want := range map[string]string{"shared": "first", "only-first": "value of only-first", "only-second": "value of only-second"} {
		if !e.objectExists(got, target, name) || got.Data["key"] != want {
			t.Errorf("ConfigMap %s has %v, want %q", name, got.Data, want)
		}
	}
	warnings := fmt.Sprint(e.getRecord(target, second.Name).Result.Warnings)
	e.requireContains(warnings, "configmaps/shared", first.Name)
	if warnings := fmt.Sprint(e.getRecord(target, first.Name).Result.Warnings); strings.Contains(warnings, "configmaps/shared") {
		t.Errorf("the first one warns too: %s", warnings)
	}

	reversed := e.uniqueName("reversed")
	e.createObjects(annotatedNamespace(reversed, second.Name+","+first.Name))
	e.awaitReady(reversed, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	if !e.objectExists(got, reversed, "shared") || got.Data["key"] != "second" {
		t.Errorf("in the other order ConfigMap shared has %v, want that of the second", got.Data)
	}
}

func TestFirstRequiredBaselineKeepsObject(t *testing.T) {
	e := sharedInstallation(t)
	key := "team-" + e.suffix
	require := func(value string) *v1alpha1.Baseline {
		e, shares := e.withOwnNames(), configMap("shared")
		shares.Data["key"] = value
		return e.createBaseline(e.createBackup(e.createSource(shares), "configmaps").Name, func(s *v1alpha1.BaselineSpec) {
			s.Enforcement, s.NamespaceSelector = v1alpha1.EnforcementRequired, &metav1.LabelSelector{MatchLabels: map[string]string{key: "x"}}
		})
	}
	first, second := require("first"), require("second")
	if second.Name < first.Name { // they are restored by name
		first, second = second, first
	}
	target := e.uniqueName("target")
	e.createObjects(labelledNamespace(target, key, "x"))
	e.awaitReady(target, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	got := &corev1.ConfigMap{}
	if !e.objectExists(got, target, "shared") || got.Labels[v1alpha1.LabelBaseline] != first.Name {
		t.Errorf("ConfigMap shared has %v of %s, want that of %s", got.Data, got.Labels[v1alpha1.LabelBaseline], first.Name)
	}
	e.requireContains(fmt.Sprint(e.getRecord(target, second.Name).Result.Warnings), "configmaps/shared", first.Name)
}
