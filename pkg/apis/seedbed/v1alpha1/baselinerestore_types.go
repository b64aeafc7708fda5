package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// BaselineRestore restores a backup into its own namespace, once, by hand: with "seedbed restore create", kubectl or
// GitOps. It needs the verb "restore" on that backup. The restore of a Baseline is in the namespace's BaselineRecord instead.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,shortName=brs,categories=seedbed
// +kubebuilder:printcolumn:name="Phase",type=string,JSONPath=`.status.phase`
// +kubebuilder:printcolumn:name="Backup",type=string,JSONPath=`.spec.backup`
// +kubebuilder:printcolumn:name="Created",type=integer,JSONPath=`.status.counts.created`
// +kubebuilder:printcolumn:name="Failed",type=integer,JSONPath=`.status.counts.failed`
// +kubebuilder:printcolumn:name="Warnings",type=integer,priority=1,JSONPath=`.status.warningCount`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type BaselineRestore struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec selects the objects to restore. It cannot be changed: create another restore instead.
	// +structType=atomic
	// +required
	Spec BaselineRestoreSpec `json:"spec"`
	// status reports the outcome of the restore and the objects still pending. Only Seedbed writes it, as a
	// whole.
	// +structType=atomic
	// +kubebuilder:default={conditions: {{type: "Ready", status: "Unknown", reason: "InProgress", message: "Waiting to be restored", lastTransitionTime: "1970-01-01T00:00:00Z"}}, phase: "InProgress"}
	// +optional
	Status BaselineRestoreStatus `json:"status,omitempty,omitzero"`
}

// BaselineRestoreSpec selects the objects to restore.
//
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="spec is immutable: create another BaselineRestore instead"
type BaselineRestoreSpec struct {
	// backup is the name of the BaselineBackup to restore. The creator needs the verb "restore" on it.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +required
	Backup string `json:"backup"`
	// sourceNamespace is the namespace of the backup to restore. When omitted, it is the only one in the
	// backup; it is required when the backup holds several.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +optional
	SourceNamespace string `json:"sourceNamespace,omitempty"`
	// existingResources is the rule for an object that already exists: Keep (when omitted) leaves it
	// unchanged, with a warning if it differs; Update changes it to match the backup's.
	// +kubebuilder:validation:Enum=Keep;Update
	// +optional
	ExistingResources ExistingResources `json:"existingResources,omitempty"`
	RestoreSelection  `json:",inline"`
	// namespaceUID is the UID of the namespace to restore into. A restore for another UID, that of
	// an earlier namespace of the same name, is Failed. When omitted, the UID is not checked.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +optional
	NamespaceUID types.UID `json:"namespaceUID,omitempty"`
}

// BaselineRestoreStatus reports the outcome of the restore and the objects still pending.
type BaselineRestoreStatus struct {
	// conditions is Ready, whose reason is the phase (InProgress, Completed, PartiallyFailed, Failed).
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// observedGeneration is the generation of the spec that this status describes.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	RestoreResult `json:",inline"`
}

// BaselineRestoreList is a list of BaselineRestores.
//
// +kubebuilder:object:root=true
type BaselineRestoreList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []BaselineRestore `json:"items"`
}
