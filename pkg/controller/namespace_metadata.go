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

// metadataKey stands for a namespace's own labels and annotations among what is still to be done.
func metadataKey(namespace *corev1.Namespace) string { return "namespaces/" + namespace.Name }

// copyMetadata gives the target namespace the source namespace's labels and annotations that the baseline
// names. It comes before the objects, since pod security labels must stand before pods do, and only until it
// was done once: afterwards they are the tenant's. What is refused, by a webhook say, keeps no object waiting.
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
		return fmt.Errorf("encoding labels and annotations for namespace %s: %w", task.namespace.Name, err)
	}
	err = e.Client.Patch(ctx, task.namespace.DeepCopy(), client.RawPatch(types.MergePatchType, patch), client.FieldOwner(v1alpha1.FieldManager))
	if err != nil { // a 404 too: it may come from another's webhook
		return fmt.Errorf("copying labels and annotations: %w", err)
	}
	return nil
}

// missing is what of wanted the target lacks; where the baseline is Required, also what it has otherwise.
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
