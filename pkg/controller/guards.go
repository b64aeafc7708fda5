package controller

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/pkg/restore"
)

// setGuarded says in a baseline's record whether what guards Pods is there, and what admission has to stamp on them.
func setGuarded(status *v1alpha1.BaselineRestoreStatus, w work, plan *restore.Plan, pending []string) {
	if w.spec.Baseline == "" {
		return
	}
	condition := metav1.Condition{
		Type: v1alpha1.ConditionGuarded, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonGuardsPending,
		ObservedGeneration: w.record.Generation,
	}
	if plan.Guarded(pending) {
		condition.Status, condition.Reason = metav1.ConditionTrue, v1alpha1.ReasonGuardsRestored
		condition.Message = plan.Stamps(keptIn(status.Items)).String()
	}
	meta.SetStatusCondition(&status.Conditions, condition)
}

// keptIn says of a key whether a record's results have it as kept.
func keptIn(items []v1alpha1.ResourceResult) func(key string) bool {
	kept := map[string]bool{}
	for _, item := range items {
		for _, line := range item.Objects {
			if name, found := strings.CutSuffix(line, ": "+string(restore.Kept)); found {
				kept[item.Resource+"/"+name] = true
			}
		}
	}
	return func(key string) bool { return kept[key] }
}

// hold is what one gated baseline means for a namespace's Pods.
type hold struct {
	// stands says that its guards do.
	stands bool
	stamps restore.Stamps
	// late says that the namespace was there before it was given the baseline.
	late bool
}

// holds are the gated baselines that a namespace gets.
func holds(namespace *corev1.Namespace, v *view, states []state) []hold {
	byName := make(map[string]state, len(states))
	for _, s := range states {
		byName[s.baseline] = s
	}
	var all []hold
	for _, choice := range v.decision.Choices {
		baseline := v.baselines[choice.Baseline]
		if baseline == nil || baseline.Spec.Gate != v1alpha1.GatePods {
			continue
		}
		one := hold{late: policy.ChosenLater(namespace, choice.Asked, baseline.Spec.NamespaceSelector)}
		known := byName[choice.Baseline]
		one.stands = known.done // a record of an earlier version has no condition Guarded
		if known.guarded != nil && known.guarded.Status == metav1.ConditionTrue {
			one.stands, one.stamps = true, restore.ParseStamps(known.guarded.Message)
		}
		all = append(all, one)
	}
	return all
}

// guardedCondition is what to write of the condition BaselineGuarded, given what BaselineReady is to become: nil when it
// is True already, which it stays for good, or cannot become so yet. It is True as soon as the guards of every gated
// baseline stand, and at the latest with BaselineReady. A namespace that was there before it was given its baselines
// is let go whatever came of them: its Pods may run, and have to be able to come back.
func guardedCondition(told []corev1.NamespaceCondition, gated []hold, ready *corev1.NamespaceCondition) *corev1.NamespaceCondition {
	if old := conditionOf(told, v1alpha1.ConditionBaselineGuarded); old != nil && old.Status == corev1.ConditionTrue {
		return nil
	}
	out := &corev1.NamespaceCondition{
		Type: v1alpha1.ConditionBaselineGuarded, Status: corev1.ConditionTrue,
		Reason: v1alpha1.ReasonGuardsRestored, LastTransitionTime: now(),
	}
	var stamps restore.Stamps
	stand, late := true, true
	for _, one := range gated {
		stand, late = stand && (one.stands || one.late), late && one.late
		stamps = stamps.Union(one.stamps)
	}
	switch {
	case len(gated) == 0 && (ready == nil || ready.Status != corev1.ConditionTrue), !stand:
		return nil
	case late && len(gated) > 0:
		out.Reason = v1alpha1.ReasonAlreadyRunning
		out.Message = "the namespace was there before it was given its baselines: its pods are not held"
	default:
		out.Message = stamps.String()
	}
	return out
}
