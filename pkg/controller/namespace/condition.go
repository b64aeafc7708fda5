package namespace

import (
	"context"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/kube"
	"seedbed.dev/seedbed/pkg/policy"
)

// reportStates writes the conditions BaselineReady and BaselineGuarded if they change, in one request. It never writes to a
// namespace without a baseline, unless that had one and its condition still waits for it. The request carries the UID: the error
// wraps kube.ErrGone if the namespace was replaced.
func (r *Reconciler) reportStates(ctx context.Context, namespace *corev1.Namespace, known *snapshot, states []baselineState) error {
	current := r.conditionsOf(namespace)
	old := v1alpha1.FindNamespaceCondition(current, v1alpha1.ConditionBaselineReady)
	ready := changedReady(old, readyCondition(known.decision.Refusals, states, known.releasedBaselines()))
	var guarded *corev1.NamespaceCondition
	if !isGuarded(current) {
		guarded = guardedCondition(gatedBaselines(namespace, known, states), len(known.decision.Refusals) > 0, ready)
	}
	var changed []corev1.NamespaceCondition
	for _, condition := range []*corev1.NamespaceCondition{ready, guarded} {
		if condition != nil {
			changed = append(changed, *condition)
		}
	}
	if len(changed) == 0 {
		return r.confirmNamespace(ctx, namespace, states)
	}
	if err := r.writeConditions(ctx, namespace, changed); err != nil {
		return err
	}
	if ready != nil {
		r.emitReady(namespace, old, ready)
	}
	return nil
}

// confirmNamespace verifies that written objects are in the namespace that was meant, where no condition is written that would.
func (r *Reconciler) confirmNamespace(ctx context.Context, namespace *corev1.Namespace, states []baselineState) error {
	if len(outcomesOf(states)) == 0 {
		return nil
	}
	return r.Executor.Runner.TakeBackIfReplaced(ctx, namespace)
}

// writeConditions writes conditions of a namespace and adds them to the assume cache. A condition without a transition time gets
// the present one.
func (r *Reconciler) writeConditions(ctx context.Context, namespace *corev1.Namespace, conditions []corev1.NamespaceCondition) error {
	for i := range conditions {
		if conditions[i].LastTransitionTime.IsZero() {
			conditions[i].LastTransitionTime = metav1.Time{Time: r.Clock.Now()}
		}
	}
	patched := namespace.DeepCopy()
	if err := kube.PatchStatus(ctx, r.Executor.Client, v1alpha1.FieldManager, patched, corev1.NamespaceStatus{Conditions: conditions}); err != nil {
		return err
	}
	r.namespaces.addWritten(patched.Name, &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{UID: patched.UID, ResourceVersion: patched.ResourceVersion},
		Status:     corev1.NamespaceStatus{Conditions: patched.Status.Conditions},
	})
	return nil
}

// conditionsOf returns the newest conditions of a namespace: the cached ones, or those that this process has just written. The
// event of a record comes before that of its namespace.
func (r *Reconciler) conditionsOf(namespace *corev1.Namespace) []corev1.NamespaceCondition {
	return r.namespaces.newestOf(namespace.Name, namespace).Status.Conditions
}

// changedReady returns the BaselineReady condition to set, or nil if it is set already. Its transition time is unset if the
// status changes.
func changedReady(old, wanted *corev1.NamespaceCondition) *corev1.NamespaceCondition {
	if wanted == nil {
		if old == nil {
			return nil
		}
		wanted = &corev1.NamespaceCondition{
			Type: v1alpha1.ConditionBaselineReady, Status: corev1.ConditionTrue, Reason: v1alpha1.ReasonNoBaseline,
			Message: "no baseline is for this namespace any more: what was restored stays, and nothing restores it again",
		}
	}
	if old != nil && old.Status == wanted.Status && old.Reason == wanted.Reason && old.Message == wanted.Message {
		return nil
	}
	if old != nil && old.Status == wanted.Status {
		wanted.LastTransitionTime = old.LastTransitionTime
	}
	return wanted
}

// newNamespace bounds the age of a namespace whose time to readiness is recorded. An older one existed before its baseline.
const newNamespace = 10 * time.Minute

// emitReady emits an event for a BaselineReady condition with status False, and records how long a new namespace took to become
// ready.
func (r *Reconciler) emitReady(namespace *corev1.Namespace, old, written *corev1.NamespaceCondition) {
	if written.Status == corev1.ConditionFalse {
		r.Executor.Events.Eventf(namespace, nil, corev1.EventTypeWarning, written.Reason, "Restore", "%s", written.Message)
		return
	}
	if after := max(0, r.Clock.Since(namespace.CreationTimestamp.Time)); old == nil && after < newNamespace {
		r.Executor.Recorder.NamespaceReady(after)
	}
}

// readyCondition returns the BaselineReady condition of a namespace, or nil if it has no baseline. A refusal comes before a
// failure, and a failure before a baseline that waits, because people must act on the first. released are the baselines that the
// namespace holds and would not get today.
func readyCondition(refusals []policy.Refusal, states []baselineState, released []string) *corev1.NamespaceCondition {
	if len(refusals)+len(states)+len(released) == 0 {
		return nil
	}
	out := &corev1.NamespaceCondition{Type: v1alpha1.ConditionBaselineReady, Status: corev1.ConditionFalse}
	if len(refusals) > 0 {
		out.Reason, out.Message = refusals[0].Reason, v1alpha1.Cut(refusals[0].Message)
		return out
	}
	var restored []string
	for i := range states {
		switch s := &states[i]; {
		case s.done && !slices.Contains(released, s.baseline):
			restored = append(restored, s.baseline)
		case s.done:
		case out.Reason == "" || out.Reason == v1alpha1.ReasonBaselineNotReady || out.Reason == v1alpha1.ReasonVeleroRestoring:
			out.Reason, out.Message = s.reason, v1alpha1.Cut(s.message)
		}
	}
	if out.Reason == "" {
		out.Status, out.Reason = corev1.ConditionTrue, v1alpha1.ReasonRestored
		out.Message = v1alpha1.Cut(restoredMessage(restored, released))
	}
	return out
}

// restoredMessage names the baselines that a namespace holds: those that it should hold, and those that it would not get today.
func restoredMessage(restored, released []string) string {
	var parts []string
	if len(restored) > 0 {
		parts = append(parts, "restored: "+strings.Join(restored, ", "))
	}
	if len(released) > 0 {
		parts = append(parts, "held, but not restored again if its record is deleted: "+strings.Join(released, ", "))
	}
	return strings.Join(parts, "; ")
}
