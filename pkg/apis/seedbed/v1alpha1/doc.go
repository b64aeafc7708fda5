// Package v1alpha1 is Seedbed's API, group seedbed.dev.
//
// A BaselineBackup is an immutable stored copy of the objects of one or more source namespaces. A Baseline names a backup,
// the new namespaces that get it, and the rules. A BaselineRecord, in the target namespace, records the restore of one
// Baseline; only Seedbed writes it. A BaselineRestore restores a backup into its namespace once, by hand. A BaselinePreview
// predicts the effect of a restore or an update, and is deleted after its time.
//
// The spec and status of each kind are in its *_types.go file. Records, restores and previews share restore_result.go and
// object_result.go. The names that are part of the contract (conditions, reasons, annotations, labels) are in
// conditions.go and names.go.
//
// +kubebuilder:object:generate=true
// +groupName=seedbed.dev
package v1alpha1
