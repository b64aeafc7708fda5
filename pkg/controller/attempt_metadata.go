package controller

import (
	"context"
	"encoding/json"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/restore"
)

// copyMetadata gives the target namespace the source namespace's labels and annotations that the baseline
// names. It comes before the objects, since pod security labels must stand before pods do, and on the
// first attempt only: afterwards they are the tenant's.
func (a *Attempts) copyMetadata(ctx context.Context, w work, plan *restore.Plan) error {
	if w.metadata == nil || w.record.Status.Attempts > 0 {
		return nil
	}
	labels := missing(w.namespace.Labels, plan.Labels(w.metadata.Labels), w.required)
	annotations := missing(w.namespace.Annotations, plan.Annotations(w.metadata.Annotations), w.required)
	if len(labels)+len(annotations) == 0 {
		return nil
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid": w.namespace.UID, "labels": labels, "annotations": annotations,
	}})
	if err != nil {
		return fmt.Errorf("encoding labels and annotations for namespace %s: %w", w.namespace.Name, err)
	}
	err = a.Client.Patch(ctx, w.namespace.DeepCopy(), client.RawPatch(types.MergePatchType, patch), client.FieldOwner(v1alpha1.FieldManager))
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) && !uidMismatch(err) {
		return fmt.Errorf("copying labels and annotations to namespace %s: %w", w.namespace.Name, err)
	}
	return nil
}

// missing is what of wanted the target lacks; where the baseline is Required, also what it has otherwise.
func missing(have, wanted map[string]string, required bool) map[string]string {
	out := map[string]string{}
	for key, value := range wanted {
		current, set := have[key]
		if !set || (required && current != value) {
			out[key] = value
		}
	}
	return out
}
