package resource

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/output"
)

// CheckBaselineBackup returns an error if the backup does not exist, can never be restored, or does not hold the source
// namespace. It passes a backup that the user may not read: the API server decides.
func CheckBaselineBackup(ctx context.Context, c client.Reader, spec *v1alpha1.BaselineSpec) error {
	obj, err := GetNamed(ctx, c, Backup, spec.Backup)
	if apierrors.IsForbidden(err) {
		return nil
	}
	if err != nil {
		return err
	}
	backup := obj.(*v1alpha1.BaselineBackup)
	if backup.HasEnded() || backup.Phase() == v1alpha1.PhaseDeleting {
		if err := CheckRestorable(backup); err != nil {
			return err
		}
	}
	held := backup.Spec.IncludedNamespaces
	switch {
	case spec.SourceNamespace == "" && len(held) > 1:
		return fmt.Errorf("backup %q holds the namespaces %s: say with --source-namespace which one to restore", backup.Name, output.JoinNames(held))
	case spec.SourceNamespace != "" && !slices.Contains(held, spec.SourceNamespace):
		return fmt.Errorf("backup %q does not hold namespace %q: it holds %s", backup.Name, spec.SourceNamespace, output.JoinNames(held))
	}
	return nil
}
