package restore

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/internal/kube"
)

// metadataKey returns the key of a namespace's own labels and annotations among the pending keys.
func metadataKey(namespace *corev1.Namespace) string { return "namespaces/" + namespace.Name }

// writeMetadata copies the labels and annotations of the source namespace that the task names, or updates them. It precedes the
// objects, because pod security labels must be set before Pods are created. It returns nil if nothing is to be done. A refusal, by
// a webhook for example, does not delay the objects.
func (r *run) writeMetadata(ctx context.Context) *apply.Change {
	if r.moving != nil {
		return r.updateMetadata(ctx)
	}
	if err := r.copyMetadata(ctx); err != nil {
		return &apply.Change{Key: metadataKey(r.task.Namespace), Err: err}
	}
	return nil
}

// copyMetadata copies the labels and annotations. It is done once: afterwards they are the tenant's.
func (r *run) copyMetadata(ctx context.Context) error {
	namespace := r.task.Namespace
	if r.only != nil && !r.only.Has(metadataKey(namespace)) {
		return nil
	}
	labels, annotations := r.missingMetadata()
	if len(labels)+len(annotations) == 0 {
		return nil
	}
	err := kube.PatchMetadata(ctx, r.Client, v1alpha1.FieldManager, namespace, map[string]any{"labels": labels, "annotations": annotations})
	if err != nil { // a 404 too: another's webhook may have returned it
		return fmt.Errorf("copying labels and annotations: %w", err)
	}
	return nil
}

// missingMetadata returns the labels and annotations to copy; none if the task names none.
func (r *run) missingMetadata() (labels, annotations map[string]string) {
	return r.plan.MissingMetadata(r.task.Namespace, r.task.Metadata, r.task.Required)
}
