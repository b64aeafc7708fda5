package admission

import (
	"fmt"
	"slices"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// source is the backup that a Baseline or a restore hands out, and the namespace in it.
type source struct {
	backup    string
	namespace string // may be empty when the backup holds one
}

// check reports whether the backup holds the namespace, or leaves no doubt which one is meant. It does not name those that
// it holds: the request did not.
func (s source) check(backup *v1alpha1.BaselineBackup) error {
	switch {
	case s.namespace == "" && len(backup.Spec.IncludedNamespaces) > 1:
		return deny("spec.sourceNamespace is needed, since backup %q holds several namespaces: set it to one of its spec.includedNamespaces", backup.Name)
	case s.namespace != "" && !slices.Contains(backup.Spec.IncludedNamespaces, s.namespace):
		return deny("spec.sourceNamespace: backup %q does not hold namespace %.64q: set it to one of its spec.includedNamespaces", backup.Name, s.namespace)
	}
	return nil
}

// absent returns the message for a backup that does not exist: the admission policies use it for forbidden ones too.
func absent(name string) string {
	return fmt.Sprintf("spec.backup: backup %.64q does not exist, or you may not restore from it", name)
}
