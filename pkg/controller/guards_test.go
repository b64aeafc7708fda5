package controller

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/restore"
)

func TestGuardedConditionIsSetOnceAndForGood(t *testing.T) {
	app, limits := restore.Stamps{PullSecrets: []string{"app"}}, restore.Stamps{Limits: []string{"cpu"}}
	ready := func(status corev1.ConditionStatus) *corev1.NamespaceCondition {
		return &corev1.NamespaceCondition{Type: v1alpha1.ConditionBaselineReady, Status: status}
	}
	guarded := func(reason, message string) *corev1.NamespaceCondition {
		return &corev1.NamespaceCondition{Type: v1alpha1.ConditionBaselineGuarded, Status: corev1.ConditionTrue, Reason: reason, Message: message}
	}
	late := guarded(v1alpha1.ReasonAlreadyRunning, "the namespace was there before it was given its baselines: its pods are not held")
	tests := map[string]struct {
		gated   []hold
		refused bool
		ready   *corev1.NamespaceCondition
		want    *corev1.NamespaceCondition
	}{
		"no baseline at all":                       {},
		"ready, and nothing is gated":              {ready: ready("True"), want: guarded(v1alpha1.ReasonGuardsRestored, "")},
		"not ready, and nothing is gated":          {ready: ready("False")},
		"guards stand, workloads do not":           {gated: []hold{{stands: true, stamps: app}}, ready: ready("False"), want: guarded(v1alpha1.ReasonGuardsRestored, "pull secrets: app")},
		"guards do not stand":                      {gated: []hold{{}}, ready: ready("False")},
		"one of two stands":                        {gated: []hold{{stands: true}, {}}, ready: ready("False")},
		"both stand, and both stamp":               {gated: []hold{{stands: true, stamps: app}, {stands: true, stamps: limits}}, ready: ready("True"), want: guarded(v1alpha1.ReasonGuardsRestored, "pull secrets: app; limits: cpu")},
		"ready was told before the gate came":      {gated: []hold{{stands: true}}, want: guarded(v1alpha1.ReasonGuardsRestored, "")},
		"a namespace that ran already is let go":   {gated: []hold{{late: true}}, ready: ready("False"), want: late},
		"one that it got at its creation holds it": {gated: []hold{{late: true}, {}}, ready: ready("False")},
		"what it asks for is refused":              {refused: true, ready: ready("False"), want: late},
		"refused in part, the rest is to come":     {refused: true, gated: []hold{{}}, ready: ready("False")},
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
		"none":                  {nil, false},
		"guards were restored":  {condition("True", v1alpha1.ReasonGuardsRestored), true},
		"opened by an operator": {condition("True", v1alpha1.ReasonGateOpened), true},
		"somebody wrote False":  {condition("False", "x"), false},
	} {
		if got := isGuarded(test.conditions); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestARecordSaysOfGuardsWhatItsPhaseDoesNot(t *testing.T) {
	before := []metav1.Condition{{Type: v1alpha1.ConditionGuarded, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonGuardsPending}}
	for name, test := range map[string]struct {
		baseline string
		before   []metav1.Condition
		pending  []string
		want     metav1.ConditionStatus
	}{
		"complete":               {baseline: "web"},
		"complete after a retry": {baseline: "web", before: before},
		"a guard is pending":     {baseline: "web", pending: []string{"networkpolicies.networking.k8s.io/deny"}, want: metav1.ConditionFalse},
		"by hand":                {pending: []string{"networkpolicies.networking.k8s.io/deny"}},
	} {
		status := v1alpha1.BaselineRestoreStatus{Conditions: slices.Clone(test.before)}
		setGuarded(&status, work{record: &v1alpha1.BaselineRestore{}, spec: restore.Spec{Baseline: test.baseline}}, &restore.Plan{}, test.pending)
		var got metav1.ConditionStatus
		if found := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionGuarded); found != nil {
			got = found.Status
		}
		if got != test.want {
			t.Errorf("%s: Guarded is %q, want %q", name, got, test.want)
		}
	}
}

func TestKeptIn(t *testing.T) {
	kept := keptIn([]v1alpha1.ResourceResult{
		{Resource: "limitranges", Objects: []string{"mine: kept", "theirs: created", "and 3 more"}},
		{Resource: "serviceaccounts", Objects: []string{"mine: updated"}},
	})
	for key, want := range map[string]bool{"limitranges/mine": true, "limitranges/theirs": false, "serviceaccounts/mine": false, "limitranges/other": false} {
		if kept(key) != want {
			t.Errorf("%s: kept is %v, want %v", key, !want, want)
		}
	}
}
