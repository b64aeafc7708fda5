package restore

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/kube"
)

// excludeFromBackup labels a restore so that Velero does not back it up: it would run again after Velero has restored it. An
// existing value stays. A refused label does not stop the restore.
func (r *Reconciler) excludeFromBackup(ctx context.Context, wanted *v1alpha1.BaselineRestore) {
	if _, labelled := wanted.Labels[v1alpha1.LabelExcludeFromBackup]; labelled || wanted.DeletionTimestamp != nil {
		return
	}
	if err := r.addExcludeLabel(ctx, wanted); err != nil {
		log.FromContext(ctx).Info("Could not keep a restore out of Velero's backups", "namespace", wanted.Namespace, "restore", wanted.Name, "reason", err.Error())
	}
}

func (r *Reconciler) addExcludeLabel(ctx context.Context, wanted *v1alpha1.BaselineRestore) error {
	err := kube.PatchMetadata(ctx, r.Executor.Client, v1alpha1.FieldManager, wanted, map[string]any{
		"labels": map[string]string{v1alpha1.LabelExcludeFromBackup: "true"},
	})
	return client.IgnoreNotFound(err)
}
