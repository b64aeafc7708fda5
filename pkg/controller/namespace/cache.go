package namespace

import (
	corev1 "k8s.io/api/core/v1"

	"seedbed.dev/seedbed/pkg/policy"
)

// TrimCached is the transform of cached namespaces. It removes the managedFields that no decision reads.
func TrimCached(object any) (any, error) {
	namespace, ok := object.(*corev1.Namespace)
	if !ok {
		return object, nil
	}
	namespace.ManagedFields = append(policy.ChosenLaterFields(namespace), policy.VeleroFields(namespace)...)
	delete(namespace.Annotations, corev1.LastAppliedConfigAnnotation)
	return namespace, nil
}
