package policy

import (
	"path"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// veleroManager is the field manager of Velero's server: the first part of its User-Agent.
const veleroManager = "velero-server"

// MadeByVelero reports whether Velero's server wrote a namespace's labels and annotations when the namespace was created. It
// is a hint and no proof, because any client may write as a manager of that name: the answer may only delay baselines that a
// namespace can decline anyway. A cache must keep VeleroFields.
func MadeByVelero(namespace metav1.Object) bool {
	return len(VeleroFields(namespace)) > 0
}

// VeleroFields returns the part of a namespace's managedFields that MadeByVelero reads, for a cache of thousands of
// namespaces: one entry without its fields, or none.
func VeleroFields(namespace metav1.Object) []metav1.ManagedFieldsEntry {
	for _, entry := range namespace.GetManagedFields() {
		if entry.Manager == veleroManager && entry.Operation == metav1.ManagedFieldsOperationUpdate && entry.Subresource == "" {
			return []metav1.ManagedFieldsEntry{{Manager: entry.Manager, Operation: entry.Operation}}
		}
	}
	return nil
}

// VeleroRestore is the part of Velero's Restore that decides which namespaces it may be making.
type VeleroRestore struct {
	// Name is its namespace and its name, for messages.
	Name string
	// Phase is status.phase; empty before Velero has seen the Restore.
	Phase string
	// Included and Excluded are the backup's namespaces to restore from: names, or Velero's patterns. None included, or "*", is
	// all of them.
	Included, Excluded []string
	// Mapping has the namespaces that are restored under another name.
	Mapping map[string]string
}

// HeldBy returns the name of the first of Velero's Restores that may be making a namespace; empty if none is.
func HeldBy(namespace string, restores []VeleroRestore) string {
	for i := range restores {
		if restores[i].IsMaking() && restores[i].reachesNamespace(namespace) {
			return restores[i].Name
		}
	}
	return ""
}

// IsMaking reports whether the Restore may still create objects. In the later phases Velero waits for its plugins, and every
// object is there.
func (r *VeleroRestore) IsMaking() bool {
	return r.Phase == "" || r.Phase == "New" || r.Phase == "InProgress"
}

// reaches reports whether a namespace is one of those that are restored into.
func (r *VeleroRestore) reachesNamespace(namespace string) bool {
	for source, target := range r.Mapping {
		if target == namespace && r.includesSource(source) {
			return true
		}
	}
	_, moved := r.Mapping[namespace]
	return !moved && r.includesSource(namespace)
}

// includes reports whether a namespace of the backup may be restored. A pattern that cannot be read here includes every
// namespace and excludes none.
func (r *VeleroRestore) includesSource(source string) bool {
	included := len(r.Included) == 0 || slices.ContainsFunc(r.Included, func(pattern string) bool {
		matched, known := matchPattern(pattern, source)
		return matched || !known
	})
	return included && !slices.ContainsFunc(r.Excluded, func(pattern string) bool {
		matched, known := matchPattern(pattern, source)
		return matched && known
	})
}

// matchPattern matches a name against one of Velero's patterns; known is false for one that is written in another way than
// path.Match reads, with braces for instance.
func matchPattern(pattern, name string) (matched, known bool) {
	if strings.ContainsAny(pattern, "{}") {
		return false, false
	}
	matched, err := path.Match(pattern, name)
	return matched, err == nil
}
