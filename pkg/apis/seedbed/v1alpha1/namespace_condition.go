package v1alpha1

import corev1 "k8s.io/api/core/v1"

// FindNamespaceCondition finds a Namespace's condition, as meta.FindStatusCondition does those of other kinds; nil when
// there is none of that type.
func FindNamespaceCondition(conditions []corev1.NamespaceCondition, kind corev1.NamespaceConditionType) *corev1.NamespaceCondition {
	for i := range conditions {
		if conditions[i].Type == kind {
			return &conditions[i]
		}
	}
	return nil
}
