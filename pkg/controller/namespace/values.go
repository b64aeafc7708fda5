package namespace

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/kube"
	"seedbed.dev/seedbed/pkg/policy"
)

// areValuesDue reports whether a namespace that holds the present content gets the values of its present labels and annotations now.
// It is one namespace, so no step of a rollout holds it up. Without a rollout it counts as outdated only, unless the objects were
// written while the labels changed: then their restore is not over.
func (r *Reconciler) areValuesDue(namespace *corev1.Namespace, baseline *v1alpha1.Baseline, record *v1alpha1.BaselineRecord) bool {
	status, held := &baseline.Status, record.HeldRevision()
	_, paused := baseline.Annotations[v1alpha1.AnnotationRolloutPaused]
	isPresent := status.ObservedGeneration == baseline.Generation && status.RevisionHash != "" && !baseline.IsOutdated(held)
	isWanted := baseline.Spec.Rollout != nil && !paused || held.ValuesHash == v1alpha1.ValuesMixed
	if !isPresent || !isWanted || !record.IsComplete() || !policy.AreValuesOutdated(namespace, baseline, record) {
		return false
	}
	// The labels that a restore has copied may not be cached yet.
	return baseline.Spec.NamespaceMetadata == nil || r.Clock.Since(recordedAt(record)) > copiedAfter+kube.ClockSkew
}

// copiedAfter is the time after which the cache must have the labels that a restore has copied.
const copiedAfter = 5 * time.Second

// isRetriedAtOnce reports whether an incomplete restore or update is repeated without a delay, because the labels or annotations that
// its values need have changed. A Baseline that copies labels has none of that: copies that a policy refuses would look like a change
// after each attempt.
func isRetriedAtOnce(namespace *corev1.Namespace, baseline *v1alpha1.Baseline, record *v1alpha1.BaselineRecord) bool {
	if baseline == nil || baseline.Spec.NamespaceMetadata != nil || record.IsComplete() || record.HeldRevision().ValuesHash == v1alpha1.ValuesMixed {
		return false
	}
	return policy.AreValuesOutdated(namespace, baseline, record)
}
