package controller

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// CacheByObject says what the informers keep of the kinds that clusters have thousands of: only what
// decisions need.
func CacheByObject() map[client.Object]cache.ByObject {
	return map[client.Object]cache.ByObject{
		&corev1.Namespace{}:         {Transform: trimNamespace},
		&v1alpha1.BaselineRestore{}: {Transform: trimRecord},
	}
}

// baselineField is how managedFields spell the annotation that chooses baselines.
var baselineField = fmt.Sprintf("%q:", "f:"+v1alpha1.AnnotationBaseline)

// trimNamespace keeps of managedFields what tells when the baseline annotation was set.
func trimNamespace(object any) (any, error) {
	namespace, ok := object.(*corev1.Namespace)
	if !ok {
		return object, nil
	}
	var kept []metav1.ManagedFieldsEntry
	for _, entry := range namespace.ManagedFields {
		if entry.FieldsV1 != nil && strings.Contains(entry.FieldsV1.GetRawString(), baselineField) {
			kept = append(kept, entry)
		}
	}
	namespace.ManagedFields = kept
	delete(namespace.Annotations, corev1.LastAppliedConfigAnnotation)
	return namespace, nil
}

// trimRecord drops the long lists of a record. Who needs them reads the record itself.
func trimRecord(object any) (any, error) {
	record, ok := object.(*v1alpha1.BaselineRestore)
	if !ok {
		return object, nil
	}
	record.ManagedFields = nil
	record.Status.Items, record.Status.Pending, record.Status.Warnings = nil, nil, nil
	if len(record.Status.Errors) > 1 {
		record.Status.Errors = record.Status.Errors[:1]
	}
	return record, nil
}
