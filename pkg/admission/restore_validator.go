package admission

import (
	"context"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
)

// RestoreValidator serves the webhook of BaselineRestores: CREATE only. Its spec never changes, and denying
// a DELETE would keep namespaces from going. The admission policies authorize: it denies restores that cannot succeed.
type RestoreValidator struct {
	Backups Backups
	// OwnNamespace is where Seedbed runs; nothing is restored into it.
	OwnNamespace string
}

// ValidateCreate implements [admission.Validator].
func (v *RestoreValidator) ValidateCreate(ctx context.Context, newObj *v1alpha1.BaselineRestore) (admission.Warnings, error) {
	if policy.Excluded(newObj.Namespace, v.OwnNamespace) {
		return nil, denyForbidden(restoreResource, newObj.Name, field.NewPath("metadata", "namespace"),
			"namespace %q belongs to the system: nothing is restored into it", newObj.Namespace)
	}
	from := backupSource{backup: newObj.Spec.Backup, namespace: newObj.Spec.SourceNamespace}
	backup, err := v.Backups.Backup(ctx, from.backup)
	if err != nil {
		return nil, err
	}
	if backup == nil {
		return nil, denyForbidden(restoreResource, newObj.Name, field.NewPath("spec", "backup"), "spec.backup: %s", absentBackup(from.backup))
	}
	if errs := from.validate(backup); len(errs) > 0 {
		return nil, denyInvalid(kindRestore, newObj.Name, errs)
	}
	return nil, nil
}

// ValidateUpdate implements [admission.Validator].
func (v *RestoreValidator) ValidateUpdate(_ context.Context, _, _ *v1alpha1.BaselineRestore) (admission.Warnings, error) {
	return nil, nil
}

// ValidateDelete implements [admission.Validator].
func (v *RestoreValidator) ValidateDelete(context.Context, *v1alpha1.BaselineRestore) (admission.Warnings, error) {
	return nil, nil
}

var restoreResource = v1alpha1.Resource("baselinerestores")
