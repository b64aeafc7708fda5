package controller

import (
	"context"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// excludeFromBackup labels a restore so that Velero does not back it up: it would run again after Velero has restored it. An
// existing value stays. A refused label does not stop the restore.
func (r *RestoreReconciler) excludeFromBackup(ctx context.Context, wanted *v1alpha1.BaselineRestore) {
	if _, labelled := wanted.Labels[v1alpha1.LabelExcludeFromBackup]; labelled || wanted.DeletionTimestamp != nil {
		return
	}
	if err := r.addExcludeLabel(ctx, wanted); err != nil {
		log.FromContext(ctx).Info("Could not keep a restore out of Velero's backups", "namespace", wanted.Namespace, "restore", wanted.Name, "reason", err.Error())
	}
}

func (r *RestoreReconciler) addExcludeLabel(ctx context.Context, wanted *v1alpha1.BaselineRestore) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid": wanted.UID, "labels": map[string]string{v1alpha1.LabelExcludeFromBackup: "true"},
	}})
	if err != nil {
		return fmt.Errorf("encoding a label: %w", err)
	}
	err = r.Executor.Client.Patch(ctx, wanted.DeepCopy(), client.RawPatch(types.MergePatchType, patch), client.FieldOwner(v1alpha1.FieldManager))
	return client.IgnoreNotFound(err)
}
