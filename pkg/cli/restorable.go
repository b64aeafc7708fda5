package cli

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// checkBaselineBackup is an error when the backup does not exist, can never be restored, or does not
// hold the source namespace. Who may not read backups is left to what the API says.
func checkBaselineBackup(ctx context.Context, c client.Reader, spec *v1alpha1.BaselineSpec) error {
	obj, err := getNamed(ctx, c, backupKind, spec.Backup)
	if apierrors.IsForbidden(err) {
		return nil
	}
	if err != nil {
		return err
	}
	backup := obj.(*v1alpha1.BaselineBackup)
	if phase := phase(backup.Status.Conditions); isOver(phase) || phase == v1alpha1.PhaseDeleting {
		if err := checkRestorable(backup); err != nil {
			return err
		}
	}
	held := backup.Spec.IncludedNamespaces
	switch {
	case spec.SourceNamespace == "" && len(held) > 1:
		return fmt.Errorf("backup %q holds the namespaces %s: say with --source-namespace which one to restore", backup.Name, listed(held))
	case spec.SourceNamespace != "" && !slices.Contains(held, spec.SourceNamespace):
		return fmt.Errorf("backup %q does not hold namespace %q: it holds %s", backup.Name, spec.SourceNamespace, listed(held))
	}
	return nil
}

// checkRestorable is an error unless the backup has ended and can be restored.
func checkRestorable(backup *v1alpha1.BaselineBackup) error {
	conditions := backup.Status.Conditions
	phase := phase(conditions)
	switch {
	case readyStatus(conditions) == metav1.ConditionTrue:
		return nil
	case phase == v1alpha1.PhaseDeleting:
		return fmt.Errorf("backup %q is being deleted: take another one", backup.Name)
	case isOver(phase):
		return fmt.Errorf("backup %q is %s and cannot be restored: %s", backup.Name, phase, readyMessage(conditions))
	default:
		return fmt.Errorf("backup %q is %s: wait until it is Completed, for example with `kubectl wait baselinebackup/%s --for=condition=Ready`", backup.Name, phase, backup.Name)
	}
}
