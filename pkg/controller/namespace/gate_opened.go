package namespace

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/queue"
)

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
