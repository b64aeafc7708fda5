package controller

import (
	"context"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/restore"
)

// metadataKey returns the key of a namespace's own labels and annotations among the pending keys.
func metadataKey(namespace *corev1.Namespace) string { return "namespaces/" + namespace.Name }

// copyMetadata copies the labels and annotations that the baseline names from the source namespace to the target namespace. It
// runs before the objects are written, because pod security labels must be set before Pods are created, and only until it has
// succeeded once: afterwards they are the tenant's. A refusal, for example by a webhook, does not delay the objects.
func (e *Executor) copyMetadata(ctx context.Context, task *restoreTask, plan *restore.Plan, only []string) error {
	if task.metadata == nil || !isToBeDone(only, metadataKey(task.namespace)) {
		return nil
	}
	labels := missingPairs(task.namespace.Labels, plan.Labels(task.metadata.Labels), task.required)
	annotations := missingPairs(task.namespace.Annotations, plan.Annotations(task.metadata.Annotations), task.required)
	if len(labels)+len(annotations) == 0 {
		return nil
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid": task.namespace.UID, "labels": labels, "annotations": annotations,
	}})
	if err != nil {
		return fmt.Errorf("encoding the metadata of namespace %s: %w", task.namespace.Name, err)
	}
	err = e.Client.Patch(ctx, task.namespace.DeepCopy(), client.RawPatch(types.MergePatchType, patch), client.FieldOwner(v1alpha1.FieldManager))
	if err != nil { // a 404 too: it may come from a webhook
		return fmt.Errorf("copying labels and annotations: %w", err)
	}
	return nil
}

// missingPairs returns the wanted pairs that the target lacks. For a Required baseline they include the pairs that the target has
// with another value.
func missingPairs(have, wanted map[string]string, required bool) map[string]string {
	out := map[string]string{}
	for key, value := range wanted {
		current, set := have[key]
		if !set || (required && current != value) {
			out[key] = value
		}
	}
	return out
}
