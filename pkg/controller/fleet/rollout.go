package fleet

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/kube"
	"seedbed.dev/seedbed/pkg/policy"
)

// decideRollout returns the next step of a Baseline's rollout.
func (r *Reconciler) decideRollout(baseline *v1alpha1.Baseline, holders []policy.Holder) policy.RolloutDecision {
	_, paused := baseline.Annotations[v1alpha1.AnnotationRolloutPaused]
	hash := baseline.Status.RevisionHash
	return policy.NextRollout(policy.RolloutView{
		Rollout: baseline.Spec.Rollout, Hash: hash, Status: baseline.Status.Rollout, NotReady: r.whyNotReady(baseline),
		Paused: paused, Approved: baseline.Annotations[v1alpha1.AnnotationRolloutApproved],
		SkipSteps: hash != "" && baseline.Annotations[v1alpha1.AnnotationRolloutSkipSteps] == hash,
		Holders:   holders, Now: r.Clock.Now(),
	})
}

// whyNotReady returns why no namespace of a Baseline may begin an update; empty if it may.
func (r *Reconciler) whyNotReady(baseline *v1alpha1.Baseline) string {
	ready := meta.FindStatusCondition(baseline.Status.Conditions, v1alpha1.ConditionReady)
	switch {
	case baseline.Status.ObservedGeneration != baseline.Generation, ready == nil:
		return "its spec has just changed"
	case ready.Status != metav1.ConditionTrue:
		return ready.Message
	default:
		return ""
	}
}

// updateStatus writes the counts and the rollout of one Baseline if they changed, hands out the namespaces that may begin, and
// returns when to decide again. Package baseline writes the rest of the status.
func (r *Reconciler) updateStatus(ctx context.Context, baseline *v1alpha1.Baseline, counted *fleetStatus) (time.Duration, error) {
	decision := r.decideRollout(baseline, counted.holders)
	r.recordMetrics(baseline, counted, &decision)
	updated := baseline.DeepCopy()
	status := &updated.Status
	status.NamespaceCounts, status.KeyLostTimestamp, status.Rollout = counted.NamespaceCounts, counted.keyLost, decision.Status
	condition := decision.Condition
	condition.ObservedGeneration = status.ObservedGeneration
	meta.SetStatusCondition(&status.Conditions, condition)
	if !equality.Semantic.DeepEqual(&baseline.Status, status) {
		// A step counts as begun once it is written, so that no later leader goes back.
		err := kube.PatchUnchangedStatus(ctx, r.Client, v1alpha1.FieldManager, baseline, updated)
		if err != nil { // the namespaces of the pass before may wait now
			r.Slots.setRollout(baseline.Name, status.RevisionHash, nil, 0)
		}
		if apierrors.IsConflict(err) {
			return retryConflictAfter, nil
		}
		if err != nil {
			return 0, kube.IgnoreGone(err)
		}
		r.emitRollout(baseline, &decision)
	}
	running := counted.runningHolders()
	r.Slots.setRollout(baseline.Name, status.RevisionHash, decision.Admit, decision.Failures, running...)
	if len(running)+len(decision.Admit) > 0 { // no event follows an update that was not made
		return kube.Soonest(decision.After, r.Slots.recheckAfter(baseline.Name)), nil
	}
	r.Slots.forgetEnded(baseline.Name)
	return decision.After, nil
}

// recordMetrics records the counts and the rollout of one Baseline.
func (r *Reconciler) recordMetrics(baseline *v1alpha1.Baseline, counted *fleetStatus, decision *policy.RolloutDecision) {
	step := int32(0)
	if decision.Status != nil {
		step = decision.Status.Step
	}
	isRequired := baseline.Spec.Enforcement == v1alpha1.EnforcementRequired
	r.Recorder.Baseline(baseline.Name, isRequired, map[string]int32{
		"updated": counted.UpdatedNamespaces, "outdated": counted.OutdatedNamespaces, "failed": counted.FailedNamespaces,
		"pending": counted.PendingNamespaces, "kept": counted.KeptNamespaces, "drifted": counted.DriftedNamespaces,
		"released": counted.ReleasedNamespaces,
	}, step, decision.Condition.Reason)
}

// retryConflictAfter is the delay after a conflict: the cache shows the other change by then.
const retryConflictAfter = 200 * time.Millisecond

// emitRollout emits an event about a rollout that began, went to its next step, waits, stopped or ended. Baselines that roll
// nothing out emit none.
func (r *Reconciler) emitRollout(baseline *v1alpha1.Baseline, decision *policy.RolloutDecision) {
	before, after := baseline.Status.Rollout, decision.Status
	if baseline.Spec.Rollout == nil || after == nil {
		return
	}
	old := meta.FindStatusCondition(baseline.Status.Conditions, v1alpha1.ConditionRolledOut)
	isNew := before == nil || before.RevisionHash != after.RevisionHash
	if !isNew && before.Step == after.Step && old != nil && old.Reason == decision.Condition.Reason {
		return
	}
	kind := corev1.EventTypeNormal
	if decision.Condition.Reason == v1alpha1.ReasonTooManyFailures {
		kind = corev1.EventTypeWarning
	}
	r.Events.Eventf(baseline, nil, kind, decision.Condition.Reason, "Rollout", "%s", v1alpha1.Cut(decision.Condition.Message))
}
