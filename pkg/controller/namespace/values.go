package namespace

import (
	corev1 "k8s.io/api/core/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
)

// areValuesDue reports whether a namespace that holds the present revision gets the values of its present labels and annotations now.
// It is one namespace, so no step of a rollout holds it up. Without a rollout it counts as outdated only, unless the objects were
// written while the labels changed: then their restore is not over.
func (r *Reconciler) areValuesDue(namespace *corev1.Namespace, baseline *v1alpha1.Baseline, record *v1alpha1.BaselineRecord) bool {
	status, held := &baseline.Status, record.HeldRevision()
	_, paused := baseline.Annotations[v1alpha1.AnnotationRolloutPaused]
	isPresent := status.ObservedGeneration == baseline.Generation && status.RevisionHash != "" && held.Hash == status.RevisionHash
	isWanted := baseline.Spec.Rollout != nil && !paused || held.ValuesHash == v1alpha1.ValuesMixed
	if !isPresent || !isWanted || !record.IsComplete() || !policy.AreValuesOutdated(namespace, baseline, record) {
		return false
	}
	// Until its condition is cached, the labels that the restore has copied may not be.
	ready := v1alpha1.FindNamespaceCondition(r.conditionsOf(namespace), v1alpha1.ConditionBaselineReady)
	return baseline.Spec.NamespaceMetadata == nil || ready != nil && ready.Status == corev1.ConditionTrue
}

// isRetriedAtOnce reports whether an incomplete restore or update is repeated without a delay, because the labels or annotations that
// its values need have changed.
func isRetriedAtOnce(namespace *corev1.Namespace, baseline *v1alpha1.Baseline, record *v1alpha1.BaselineRecord) bool {
	held := record.HeldRevision().ValuesHash
	return baseline != nil && !record.IsComplete() && held != v1alpha1.ValuesMixed && policy.AreValuesOutdated(namespace, baseline, record)
}
