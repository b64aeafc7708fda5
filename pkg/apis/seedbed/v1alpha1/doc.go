// Package v1alpha1 is Seedbed's API, group seedbed.dev.
//
// Three kinds are stored: a BaselineBackup is an immutable stored copy of the objects of one or more source
// namespaces; a Baseline says which backup goes into which new namespaces and by which rules; a
// BaselineRestore, in the target namespace, is the record of one such run. A fourth, BaselinePreview, is a
// question that is answered and never stored: what such a run would do. What users set and what
// they read back is in the *_types.go file of each kind; the names that are part of the contract
// beside them (conditions, reasons, annotations, labels) are in conditions.go and names.go.
//
// +kubebuilder:object:generate=true
// +groupName=seedbed.dev
package v1alpha1
