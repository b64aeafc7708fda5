package namespace

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/queue"
	"seedbed.dev/seedbed/pkg/policy"
)

// gatedBaseline is the effect of one gated baseline on the Pods of a namespace.
type gatedBaseline struct {
	// guarded is set when the guards and the dependencies of Pods are restored.
	guarded bool
	// late is set when the namespace existed before it got the baseline.
	late bool
}

// gatedBaselines returns the gated baselines of a namespace.
func gatedBaselines(namespace *corev1.Namespace, known *snapshot, states []baselineState) []gatedBaseline {
	byName := make(map[string]*baselineState, len(states))
	for i := range states {
		byName[states[i].baseline] = &states[i]
	}
	var all []gatedBaseline
	for _, choice := range known.decision.Choices {
		baseline := known.baselines[choice.Baseline]
		if baseline == nil || baseline.Spec.Gate != v1alpha1.GatePods {
			continue
		}
		one := gatedBaseline{late: policy.ChosenLater(namespace, choice, baseline.Spec.NamespaceSelector)}
		if state := byName[choice.Baseline]; state != nil {
			one.guarded = state.done || state.record != nil && !state.record.Result.GuardsPending
		}
		all = append(all, one)
	}
	return all
}

// isGuarded reports whether BaselineGuarded is True, which it then stays.
func isGuarded(conditions []corev1.NamespaceCondition) bool {
	guarded := v1alpha1.FindNamespaceCondition(conditions, v1alpha1.ConditionBaselineGuarded)
	return guarded != nil && guarded.Status == corev1.ConditionTrue
}

// guardedCondition returns the BaselineGuarded condition to set, or nil if it must stay unset. It becomes True when the guards of
// every gated baseline are restored, and at the latest when BaselineReady does. A namespace that existed before it got its
// baselines is never held, whatever the result: its Pods may run, and must be able to come back. The same holds for one that is
// refused everything that it asks for, for example after an unauthorized annotation: that came later, too.
func guardedCondition(gated []gatedBaseline, refused bool, ready *corev1.NamespaceCondition) *corev1.NamespaceCondition {
	all := combineGated(gated)
	switch {
	case !all.guarded:
		return nil
	case len(gated) > 0 && !all.late, len(gated) == 0 && !refused && ready != nil && ready.Status == corev1.ConditionTrue:
		return newGuarded(v1alpha1.ReasonGuardsRestored, "the guards of every baseline are restored")
	case len(gated) > 0, refused:
		return newGuarded(v1alpha1.ReasonAlreadyRunning, "the namespace was there before it was given its baselines: its pods are not held")
	default:
		return nil // no baseline holds its pods, and it is not ready yet
	}
}

// combineGated returns the joint effect of several baselines: guarded when each one is, or holds no Pod because it came later.
func combineGated(gated []gatedBaseline) gatedBaseline {
	all := gatedBaseline{guarded: true, late: true}
	for _, one := range gated {
		all.guarded, all.late = all.guarded && (one.guarded || one.late), all.late && one.late
	}
	return all
}

// newGuarded returns the condition BaselineGuarded with status True.
func newGuarded(reason, message string) *corev1.NamespaceCondition {
	return &corev1.NamespaceCondition{Type: v1alpha1.ConditionBaselineGuarded, Status: corev1.ConditionTrue, Reason: reason, Message: message}
}

// releaseRunningPods sets BaselineGuarded before anything is restored if the namespace existed before it got its gated baselines:
// its Pods may have to come back during a long restore. If the write fails, the report after the restore retries it. While the
// verdict on the annotation is unknown, so are the baselines that it asks for.
func (r *Reconciler) releaseRunningPods(ctx context.Context, namespace *corev1.Namespace, known *snapshot) {
	gated := gatedBaselines(namespace, known, nil)
	if known.undecided || len(gated) == 0 || !combineGated(gated).late || isGuarded(r.conditionsOf(namespace)) {
		return
	}
	guarded := guardedCondition(gated, false, nil)
	if err := r.writeConditions(ctx, namespace, []corev1.NamespaceCondition{*guarded}); err != nil {
		log.FromContext(ctx).Info("Could not release the pods of a running namespace yet", "namespace", namespace.Name, "reason", err.Error())
	}
}

// recordGateOpened records a gate that an operator opened by hand in an event, a log line and a metric. It enqueues nothing,
// because the namespace's own watch does.
func (r *Reconciler) recordGateOpened(ctx context.Context, e event.UpdateEvent, _ queue.Requests) {
	oldObj, ok := e.ObjectOld.(*corev1.Namespace)
	newObj, ok2 := e.ObjectNew.(*corev1.Namespace)
	if !ok || !ok2 || isGateOpened(oldObj) || !isGateOpened(newObj) {
		return
	}
	r.Executor.Recorder.GateOpened()
	log.FromContext(ctx).Info("An operator opened the gate: pods are admitted before the guards are restored", "namespace", newObj.Name)
	r.Executor.Events.Eventf(newObj, nil, corev1.EventTypeWarning, v1alpha1.ReasonGateOpened, "OpenGate",
		"Pods are admitted by hand before the guards of the baselines are restored")
}

// isGateOpened reports whether an operator opened the gate of a namespace.
func isGateOpened(namespace *corev1.Namespace) bool {
	guarded := v1alpha1.FindNamespaceCondition(namespace.Status.Conditions, v1alpha1.ConditionBaselineGuarded)
	return guarded != nil && guarded.Status == corev1.ConditionTrue && guarded.Reason == v1alpha1.ReasonGateOpened
}
