// Package v1alpha1 is Seedbed's API, group seedbed.dev.
//
// Three kinds: a BaselineBackup is an immutable stored copy of the objects of one or more source
// namespaces; a Baseline says which backup goes into which new namespaces and by which rules; a
// BaselineRestore, in the target namespace, is the record of one such run. What users set and what
// they read back is in the *_types.go file of each kind; the names that are part of the contract
// beside them (conditions, reasons, annotations, labels) are in conditions.go and names.go.
//
// +kubebuilder:object:generate=true
// +groupName=seedbed.dev
package v1alpha1
