package flow

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestOfSeveralBaselinesTheFirstToBringAnObjectWins(t *testing.T) {
	w := shared(t)
	bring := func(value string) *v1alpha1.Baseline {
		w, shares := w.another(), configMap("shared")
		shares.Data["key"] = value
		return w.baseline(w.backup(w.source(shares, configMap("only-"+value)), "configmaps").Name, nil)
	}
	first, second := bring("first"), bring("second")
	target := w.name("target")
	w.create(asking(target, first.Name+","+second.Name))
	w.awaitReady(target, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	got := &corev1.ConfigMap{}
	for name, want := range map[string]string{"shared": "first", "only-first": "value of only-first", "only-second": "value of only-second"} {
		if !w.there(got, target, name) || got.Data["key"] != want {
			t.Errorf("ConfigMap %s has %v, want %q", name, got.Data, want)
		}
	}
	warnings := fmt.Sprint(w.record(target, second.Name).Result.Warnings)
	w.says(warnings, "configmaps/shared", first.Name)
	if warnings := fmt.Sprint(w.record(target, first.Name).Result.Warnings); strings.Contains(warnings, "configmaps/shared") {
		t.Errorf("the first one warns too: %s", warnings)
	}

	reversed := w.name("reversed")
	w.create(asking(reversed, second.Name+","+first.Name))
	w.awaitReady(reversed, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	if !w.there(got, reversed, "shared") || got.Data["key"] != "second" {
		t.Errorf("in the other order ConfigMap shared has %v, want that of the second", got.Data)
	}
}

func TestOfTwoRequiredBaselinesTheFirstToBringAnObjectWins(t *testing.T) {
	w := shared(t)
	key := "team-" + w.suffix
	require := func(value string) *v1alpha1.Baseline {
		w, shares := w.another(), configMap("shared")
		shares.Data["key"] = value
		return w.baseline(w.backup(w.source(shares), "configmaps").Name, func(s *v1alpha1.BaselineSpec) {
			s.Enforcement, s.NamespaceSelector = v1alpha1.EnforcementRequired, &metav1.LabelSelector{MatchLabels: map[string]string{key: "x"}}
		})
	}
	first, second := require("first"), require("second")
	if second.Name < first.Name { // they are restored by name
		first, second = second, first
	}
	target := w.name("target")
	w.create(labelled(target, key, "x"))
	w.awaitReady(target, corev1.ConditionTrue, v1alpha1.ReasonRestored)
	got := &corev1.ConfigMap{}
	if !w.there(got, target, "shared") || got.Labels[v1alpha1.LabelBaseline] != first.Name {
		t.Errorf("ConfigMap shared has %v of %s, want that of %s", got.Data, got.Labels[v1alpha1.LabelBaseline], first.Name)
	}
	w.says(fmt.Sprint(w.record(target, second.Name).Result.Warnings), "configmaps/shared", first.Name)
}
