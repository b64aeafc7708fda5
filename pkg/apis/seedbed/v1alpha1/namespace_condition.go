package v1alpha1

import corev1 "k8s.io/api/core/v1"

// FindNamespaceCondition returns the condition of the given type, or nil if there is none: meta.FindStatusCondition for a
// Namespace.
func FindNamespaceCondition(conditions []corev1.NamespaceCondition, kind corev1.NamespaceConditionType) *corev1.NamespaceCondition {
	for i := range conditions {
		if conditions[i].Type == kind {
			return &conditions[i]
		}
	}
	return nil
}
