package namespace

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestGuardedConditionIsSetOnceAndForGood(t *testing.T) {
	ready := func(status corev1.ConditionStatus) *corev1.NamespaceCondition {
		return &corev1.NamespaceCondition{Type: v1alpha1.ConditionBaselineReady, Status: status}
	}
	condition := func(reason, message string) *corev1.NamespaceCondition {
		return &corev1.NamespaceCondition{Type: v1alpha1.ConditionBaselineGuarded, Status: corev1.ConditionTrue, Reason: reason, Message: message}
	}
	late := condition(v1alpha1.ReasonAlreadyRunning, "the namespace was there before it was given its baselines: its pods are not held")
	restored := condition(v1alpha1.ReasonGuardsRestored, "the guards of every baseline are restored")
	tests := map[string]struct {
		gated   []gatedBaseline
		refused bool
		ready   *corev1.NamespaceCondition
		want    *corev1.NamespaceCondition
	}{
		"no baseline at all":                       {},
		"ready, and nothing is gated":              {ready: ready("True"), want: restored},
		"not ready, and nothing is gated":          {ready: ready("False")},
		"guards are restored, workloads are not":   {gated: []gatedBaseline{{guarded: true}}, ready: ready("False"), want: restored},
		"guards are not restored":                  {gated: []gatedBaseline{{}}, ready: ready("False")},
		"one of two is restored":                   {gated: []gatedBaseline{{guarded: true}, {}}, ready: ready("False")},
		"both are restored":                        {gated: []gatedBaseline{{guarded: true}, {guarded: true}}, ready: ready("True"), want: restored},
		"ready before the gate was set":            {gated: []gatedBaseline{{guarded: true}}, want: restored},
		"a namespace that ran already is not held": {gated: []gatedBaseline{{late: true}}, ready: ready("False"), want: late},
		"one that it got at its creation holds it": {gated: []gatedBaseline{{late: true}, {}}, ready: ready("False")},
		"what it asks for is refused":              {refused: true, ready: ready("False"), want: late},
		"refused in part, the rest is to come":     {refused: true, gated: []gatedBaseline{{}}, ready: ready("False")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := guardedCondition(test.gated, test.refused, test.ready)
			if diff := cmp.Diff(test.want, got, cmpopts.IgnoreFields(corev1.NamespaceCondition{}, "LastTransitionTime")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestGuardedIsForGood(t *testing.T) {
	condition := func(status corev1.ConditionStatus, reason string) []corev1.NamespaceCondition {
		return []corev1.NamespaceCondition{{Type: "Another"}, {Type: v1alpha1.ConditionBaselineGuarded, Status: status, Reason: reason}}
	}
	for name, test := range map[string]struct {
		conditions []corev1.NamespaceCondition
		want       bool
	}{
		"none":                   {nil, false},
		"guards were restored":   {condition("True", v1alpha1.ReasonGuardsRestored), true},
		"opened by an operator":  {condition("True", v1alpha1.ReasonGateOpened), true},
		"another writer's False": {condition("False", "x"), false},
	} {
		if got := isGuarded(test.conditions); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
