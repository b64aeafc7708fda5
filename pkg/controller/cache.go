package controller

import (
	"crypto/rand"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/pkg/seal"
)

// CacheByObject returns the transforms of the informer cache for the kinds that clusters have thousands of. They keep only the
// fields that decisions need.
func CacheByObject(sealer Sealer) map[client.Object]cache.ByObject {
	return map[client.Object]cache.ByObject{
		&corev1.Namespace{}:         {Transform: trimNamespace},
		&v1alpha1.BaselineRecord{}:  {Transform: trimRecord(sealer)},
		&v1alpha1.BaselineRestore{}: {Transform: trimRestore},
		&v1alpha1.BaselinePreview{}: {Transform: trimPreview},
	}
}

// trimNamespace removes the managedFields that no decision reads.
func trimNamespace(object any) (any, error) {
	namespace, ok := object.(*corev1.Namespace)
	if !ok {
		return object, nil
	}
	namespace.ManagedFields = append(policy.ChosenLaterFields(namespace), policy.VeleroFields(namespace)...)
	delete(namespace.Annotations, corev1.LastAppliedConfigAnnotation)
	return namespace, nil
}

// trimRecord returns the transform of records. It verifies the seal, which covers the whole record, removes the long lists, and
// puts the verdict in place of the seal. Readers of the lists read the record from the API server. An informer may call the
// transform again with an object that it returned: that one has its verdict already.
func trimRecord(sealer Sealer) func(object any) (any, error) {
	return func(object any) (any, error) {
		record, ok := object.(*v1alpha1.BaselineRecord)
		if !ok || strings.HasPrefix(record.Seal, verdictPrefix) {
			return object, nil
		}
		record.Seal = verdictPrefix + string(sealer.Verify(record))
		record.ManagedFields = nil
		trimResult(&record.Result)
		return record, nil
	}
}

// verdictPrefix marks a verdict in place of a seal. It is random, so that no writer of records can forge a verdict.
var verdictPrefix = rand.Text() + ":"

// cachedVerdict returns the verdict on the seal of a cached record.
func cachedVerdict(record *v1alpha1.BaselineRecord) seal.Verdict {
	verdict, ok := strings.CutPrefix(record.Seal, verdictPrefix)
	if !ok {
		return seal.Forged
	}
	return seal.Verdict(verdict)
}

// trimRestore removes the long lists of a restore.
func trimRestore(object any) (any, error) {
	record, ok := object.(*v1alpha1.BaselineRestore)
	if !ok {
		return object, nil
	}
	record.ManagedFields = nil
	trimResult(&record.Status.RestoreResult)
	return record, nil
}

// trimResult removes the long lists of a result. The first error stays, because conditions show it.
func trimResult(result *v1alpha1.RestoreResult) {
	result.Objects, result.Pending, result.Warnings, result.PodDefaults = nil, nil, nil, nil
	if len(result.Errors) > 1 {
		result.Errors = result.Errors[:1]
	}
}

// trimPreview keeps a preview's spec and conditions: users bring the rest, and answers are large.
func trimPreview(object any) (any, error) {
	preview, ok := object.(*v1alpha1.BaselinePreview)
	if !ok {
		return object, nil
	}
	preview.ManagedFields, preview.Labels, preview.Annotations = nil, nil, nil
	preview.Status = v1alpha1.BaselinePreviewStatus{Conditions: preview.Status.Conditions}
	return preview, nil
}
