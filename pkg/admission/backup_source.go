package admission

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// backupSource is the backup that a Baseline or a restore hands out, and the namespace in it.
type backupSource struct {
	backup    string
	namespace string // may be empty if the backup holds one
}

// validate returns an error unless the backup holds the namespace, or holds only one. The error does not name the namespaces
// of the backup, because the request did not.
func (s backupSource) validate(backup *v1alpha1.BaselineBackup) field.ErrorList {
	path := field.NewPath("spec", "sourceNamespace")
	switch {
	case s.namespace == "" && len(backup.Spec.IncludedNamespaces) > 1:
		return field.ErrorList{field.Required(path, fmt.Sprintf("backup %q holds several namespaces: set it to one of its spec.includedNamespaces", backup.Name))}
	case s.namespace != "" && !slices.Contains(backup.Spec.IncludedNamespaces, s.namespace):
		return field.ErrorList{field.Invalid(path, s.namespace, fmt.Sprintf("backup %q does not hold this namespace: set it to one of its spec.includedNamespaces", backup.Name))}
	}
	return nil
}

// absentBackup returns the message for a backup that does not exist. The admission policies use it for forbidden ones too.
func absentBackup(name string) string {
	return fmt.Sprintf("backup %.64q does not exist, or you may not restore from it", name)
}
