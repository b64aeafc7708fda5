package controller

import (
	"context"
	"errors"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
)

// report writes the conditions BaselineReady and BaselineGuarded when they change, in one call. A namespace with no
// baseline is never written to, unless it had one and its condition says that it waits for it.
func (r *NamespaceReconciler) report(ctx context.Context, namespace *corev1.Namespace, v *view, states []state) error {
	ctx, cancel := outlive(ctx) // it belongs to the run that it tells of
	defer cancel()
	told := r.told.newest(namespace)
	old := v1alpha1.FindNamespaceCondition(told, v1alpha1.ConditionBaselineReady)
	ready := changedReady(old, readyCondition(v.decision.Refusals, states))
	var guarded *corev1.NamespaceCondition
	if !isGuarded(told) {
		guarded = guardedCondition(holds(namespace, v, states), len(v.decision.Refusals) > 0, ready)
	}
	var changed []corev1.NamespaceCondition
	for _, condition := range []*corev1.NamespaceCondition{ready, guarded} {
		if condition != nil {
			changed = append(changed, *condition)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	patched := namespace.DeepCopy()
	err := patchStatus(ctx, r.Attempts.Client, patched, corev1.NamespaceStatus{Conditions: changed})
	if errors.Is(err, errGone) {
		return nil
	}
	if err != nil {
		return err
	}
	r.told.remember(patched)
	if ready != nil {
		r.announce(namespace, old, ready)
	}
	return nil
}

// changedReady is what to write of the condition BaselineReady: nil when it says so already.
func changedReady(old, wanted *corev1.NamespaceCondition) *corev1.NamespaceCondition {
	if wanted == nil {
		if old == nil || old.Status == corev1.ConditionTrue {
			return nil
		}
		wanted = &corev1.NamespaceCondition{
			Type: v1alpha1.ConditionBaselineReady, Status: corev1.ConditionTrue, Reason: v1alpha1.ReasonRestored,
			Message: "no baseline is asked for any more",
		}
	}
	if old != nil && old.Status == wanted.Status && old.Reason == wanted.Reason && old.Message == wanted.Message {
		return nil
	}
	wanted.LastTransitionTime = now()
	if old != nil && old.Status == wanted.Status {
		wanted.LastTransitionTime = old.LastTransitionTime
	}
	return wanted
}

// newNamespace is how young a namespace is whose time to readiness counts: an older one was caught up with.
const newNamespace = 10 * time.Minute

func (r *NamespaceReconciler) announce(namespace *corev1.Namespace, old, written *corev1.NamespaceCondition) {
	if written.Status == corev1.ConditionFalse {
		r.Attempts.Events.Eventf(namespace, nil, corev1.EventTypeWarning, written.Reason, "Restore", "%s", written.Message)
		return
	}
	if after := readyAfter(namespace, now()); old == nil && after < newNamespace {
		r.Attempts.Recorder.NamespaceReady(after)
	}
}

// readyCondition is what the namespace's condition should say: nil when it has no baseline. What is refused
// comes before what failed, and that before what waits: the first is for people to mend.
func readyCondition(refusals []policy.Refusal, states []state) *corev1.NamespaceCondition {
	if len(refusals)+len(states) == 0 {
		return nil
	}
	out := &corev1.NamespaceCondition{Type: v1alpha1.ConditionBaselineReady, Status: corev1.ConditionFalse}
	if len(refusals) > 0 {
		out.Reason, out.Message = refusals[0].Reason, v1alpha1.Cut(refusals[0].Message)
		return out
	}
	var restored []string
	for _, s := range states {
		switch {
		case s.done:
			restored = append(restored, s.baseline)
		case out.Reason == "" || out.Reason == v1alpha1.ReasonBaselineNotReady:
			out.Reason, out.Message = s.reason, v1alpha1.Cut(s.message)
		}
	}
	if out.Reason == "" {
		out.Status, out.Reason = corev1.ConditionTrue, v1alpha1.ReasonRestored
		out.Message = v1alpha1.Cut("restored: " + strings.Join(restored, ", "))
	}
	return out
}
