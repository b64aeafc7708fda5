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

// CacheByObject returns how much the informers keep of the kinds that clusters have thousands of: only what
// decisions need.
func CacheByObject(sealer Sealer) map[client.Object]cache.ByObject {
	return map[client.Object]cache.ByObject{
		&corev1.Namespace{}:         {Transform: trimNamespace},
		&v1alpha1.BaselineRecord{}:  {Transform: trimRecord(sealer)},
		&v1alpha1.BaselineRestore{}: {Transform: trimRestore},
		&v1alpha1.BaselinePreview{}: {Transform: trimPreview},
	}
}

// trimNamespace keeps of managedFields the part that decisions read.
func trimNamespace(object any) (any, error) {
	namespace, ok := object.(*corev1.Namespace)
	if !ok {
		return object, nil
	}
	namespace.ManagedFields = append(policy.ChosenLaterFields(namespace), policy.VeleroFields(namespace)...)
	delete(namespace.Annotations, corev1.LastAppliedConfigAnnotation)
	return namespace, nil
}

// trimRecord returns the function that judges a record's seal, which takes the whole of it, and then drops its long lists. The
// cache keeps the verdict in place of the seal. Who needs the lists reads the record itself. An informer may call it again with
// an object that it returned: that one is judged already.
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

// judged marks a verdict in place of a seal. It is random, so that nobody can write it into a record.
var verdictPrefix = rand.Text() + ":"

// cachedVerdict returns what the seal of a record from the cache proves.
func cachedVerdict(record *v1alpha1.BaselineRecord) seal.Verdict {
	verdict, ok := strings.CutPrefix(record.Seal, verdictPrefix)
	if !ok {
		return seal.Forged
	}
	return seal.Verdict(verdict)
}

func trimRestore(object any) (any, error) {
	record, ok := object.(*v1alpha1.BaselineRestore)
	if !ok {
		return object, nil
	}
	record.ManagedFields = nil
	trimResult(&record.Status.RestoreResult)
	return record, nil
}

func trimResult(result *v1alpha1.RestoreResult) {
	result.Objects, result.Pending, result.Warnings, result.PodDefaults = nil, nil, nil, nil
	if len(result.Errors) > 1 {
		result.Errors = result.Errors[:1]
	}
}

// trimPreview keeps of a preview the question and whether it was answered: users bring the rest, and answers are large.
func trimPreview(object any) (any, error) {
	preview, ok := object.(*v1alpha1.BaselinePreview)
	if !ok {
		return object, nil
	}
	preview.ManagedFields, preview.Labels, preview.Annotations = nil, nil, nil
	preview.Status = v1alpha1.BaselinePreviewStatus{Conditions: preview.Status.Conditions}
	return preview, nil
}
