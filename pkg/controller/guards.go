package controller

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/pkg/restore"
)

// setGuarded says in a baseline's record whether what guards Pods is there, and what admission has to stamp on them. Of a
// restore that is complete and stamps nothing it says nothing: the guards are there as everything is, and the API server
// goes through each field of a custom resource again and again to store it, for every namespace.
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
	if len(pending) == 0 && condition.Message == "" {
		meta.RemoveStatusCondition(&status.Conditions, v1alpha1.ConditionGuarded)
		return
	}
	meta.SetStatusCondition(&status.Conditions, condition)
}

// keptIn says of a key whether a record's results have it as kept.
func keptIn(items []v1alpha1.ResourceResult) func(key string) bool {
	return func(key string) bool {
		resource, name, _ := strings.Cut(key, "/")
		return slices.ContainsFunc(items, func(item v1alpha1.ResourceResult) bool {
			return item.Resource == resource && slices.Contains(item.Objects, name+": "+string(restore.Kept))
		})
	}
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
		one.stands = known.done // then it has the condition Guarded only where admission stamps something
		if known.guarded != nil && known.guarded.Status == metav1.ConditionTrue {
			one.stands, one.stamps = true, restore.ParseStamps(known.guarded.Message)
		}
		all = append(all, one)
	}
	return all
}

// isGuarded says whether conditions have BaselineGuarded True, which it stays for good.
func isGuarded(conditions []corev1.NamespaceCondition) bool {
	guarded := v1alpha1.FindNamespaceCondition(conditions, v1alpha1.ConditionBaselineGuarded)
	return guarded != nil && guarded.Status == corev1.ConditionTrue
}

// guardedCondition is what to write of the condition BaselineGuarded where it is not True, given what is to be written of
// BaselineReady: nil when it cannot become so yet. It is True as soon as the guards of every gated
// baseline stand, and at the latest with BaselineReady. A namespace that was there before it was given its baselines
// is let go whatever came of them: its Pods may run, and have to be able to come back. So is one that gets nothing of what it
// asks for, as after an annotation that nobody authorized: admission refuses that at a creation, so it came later.
func guardedCondition(gated []hold, refused bool, ready *corev1.NamespaceCondition) *corev1.NamespaceCondition {
	all := together(gated)
	switch {
	case !all.stands:
		return nil
	case len(gated) > 0 && !all.late, len(gated) == 0 && !refused && ready != nil && ready.Status == corev1.ConditionTrue:
		return guardedNow(v1alpha1.ReasonGuardsRestored, all.stamps.String())
	case len(gated) > 0, refused:
		return guardedNow(v1alpha1.ReasonAlreadyRunning, "the namespace was there before it was given its baselines: its pods are not held")
	default:
		return nil // nothing holds its pods, and it is not ready yet
	}
}

// together is what several mean: they stand when each does, or holds no Pod because it came later.
func together(gated []hold) hold {
	all := hold{stands: true, late: true}
	for _, one := range gated {
		all.stands, all.late = all.stands && (one.stands || one.late), all.late && one.late
		all.stamps = all.stamps.Union(one.stamps)
	}
	return all
}

func guardedNow(reason, message string) *corev1.NamespaceCondition {
	return &corev1.NamespaceCondition{
		Type: v1alpha1.ConditionBaselineGuarded, Status: corev1.ConditionTrue, Reason: reason, Message: message, LastTransitionTime: now(),
	}
}
