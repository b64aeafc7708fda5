// Package v1alpha1 is Seedbed's API, group seedbed.dev.
//
// A BaselineBackup is an immutable stored copy of the objects of one or more source namespaces; a Baseline names a backup,
// the new namespaces that it goes into, and the rules; a BaselineRecord, in the target namespace, is what that namespace
// holds of one Baseline, written by Seedbed alone; a BaselineRestore restores a backup there once, by hand. A
// BaselinePreview asks what a restore would do, and lives for ten minutes. What users set and what they read back is in the *_types.go file of each
// kind; restore_result.go and object_result.go are shared by records, restores and previews; the names that are part of
// the contract (conditions, reasons, annotations, labels) are in conditions.go and names.go.
//
// +kubebuilder:object:generate=true
// +groupName=seedbed.dev
package v1alpha1
