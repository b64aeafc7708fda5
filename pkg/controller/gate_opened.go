package controller

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// tellOpened makes an event, a log line and a count of a gate that an operator opened by hand. It enqueues nothing: the
// namespace's own watch does.
func (r *NamespaceReconciler) recordGateOpened(ctx context.Context, e event.UpdateEvent, _ requests) {
	before, ok := e.ObjectOld.(*corev1.Namespace)
	after, ok2 := e.ObjectNew.(*corev1.Namespace)
	if !ok || !ok2 || isGateOpened(before) || !isGateOpened(after) {
		return
	}
	r.Executor.Recorder.GateOpened()
	log.FromContext(ctx).Info("an operator opened the gate: pods are let in although the guards do not stand", "namespace", after.Name)
	r.Executor.Events.Eventf(after, nil, corev1.EventTypeWarning, v1alpha1.ReasonGateOpened, "OpenGate",
		"pods are let in by hand although the baselines' guards do not stand")
}

func isGateOpened(namespace *corev1.Namespace) bool {
	guarded := v1alpha1.FindNamespaceCondition(namespace.Status.Conditions, v1alpha1.ConditionBaselineGuarded)
	return guarded != nil && guarded.Status == corev1.ConditionTrue && guarded.Reason == v1alpha1.ReasonGateOpened
}
