package namespace

import (
	"unique"

	corev1 "k8s.io/api/core/v1"

	"seedbed.dev/seedbed/pkg/policy"
)

// TrimCached is the transform of cached namespaces. It removes the managedFields that no decision reads, and holds the texts that
// thousands of namespaces have in common once.
func TrimCached(object any) (any, error) {
	namespace, ok := object.(*corev1.Namespace)
	if !ok {
		return object, nil
	}
	namespace.ManagedFields = append(policy.ChosenLaterFields(namespace), policy.VeleroFields(namespace)...)
	delete(namespace.Annotations, corev1.LastAppliedConfigAnnotation)
	namespace.Labels, namespace.Annotations = internPairs(namespace.Labels), internPairs(namespace.Annotations)
	for i := range namespace.ManagedFields {
		entry := &namespace.ManagedFields[i]
		internTexts(&entry.Manager, (*string)(&entry.Operation), &entry.APIVersion, &entry.FieldsType, &entry.Subresource)
	}
	for i := range namespace.Status.Conditions {
		condition := &namespace.Status.Conditions[i]
		internTexts((*string)(&condition.Type), (*string)(&condition.Status), &condition.Reason, &condition.Message)
	}
	return namespace, nil
}

// maxInterned bounds the values that are interned, in bytes: that of a label. Longer ones are annotations of one namespace.
const maxInterned = 63

// internPairs returns equal pairs of interned texts.
func internPairs(pairs map[string]string) map[string]string {
	if len(pairs) == 0 {
		return nil
	}
	interned := make(map[string]string, len(pairs))
	for key, value := range pairs {
		if len(value) <= maxInterned {
			internTexts(&value)
		}
		internTexts(&key)
		interned[key] = value
	}
	return interned
}

// internTexts replaces texts by equal ones that are in memory already.
func internTexts(texts ...*string) {
	for _, text := range texts {
		*text = unique.Make(*text).Value()
	}
}
