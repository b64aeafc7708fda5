package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// BaselineRestore restores a backup into the namespace it is in, once, by hand: with "seedbed restore create", kubectl or
// GitOps. It needs the verb "restore" on that backup. What a namespace holds of a Baseline is its BaselineRecord.
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

	// spec says what is restored. It cannot be changed: create another restore instead.
	// +structType=atomic
	// +required
	Spec BaselineRestoreSpec `json:"spec"`
	// status is what the restore did and what is still to be done. Seedbed alone writes it, as a
	// whole.
	// +structType=atomic
	// +kubebuilder:default={conditions: {{type: "Ready", status: "Unknown", reason: "InProgress", message: "Waiting to be restored", lastTransitionTime: "1970-01-01T00:00:00Z"}}, phase: "InProgress"}
	// +optional
	Status BaselineRestoreStatus `json:"status,omitempty,omitzero"`
}

// BaselineRestoreSpec says what is restored.
//
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="spec is immutable: create another BaselineRestore instead"
type BaselineRestoreSpec struct {
	// backup is the name of the BaselineBackup that is restored. It needs the verb "restore" on it.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +required
	Backup string `json:"backup"`
	// sourceNamespace is the namespace of the backup that is restored. Needed only when the backup
	// holds several; when omitted it is the one that the backup holds.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +optional
	SourceNamespace string `json:"sourceNamespace,omitempty"`
	// existingResources says what happens to an object that is already there: Keep (when omitted)
	// leaves it alone, with a warning when it differs; Update makes it like the backup's.
	// +kubebuilder:validation:Enum=Keep;Update
	// +optional
	ExistingResources ExistingResources `json:"existingResources,omitempty"`
	RestoreSelection  `json:",inline"`
	// namespaceUID is the UID of the namespace that is restored into. A restore for another UID, of
	// an earlier namespace of that name, is Failed. When omitted: the namespace as it is.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +optional
	NamespaceUID types.UID `json:"namespaceUID,omitempty"`
}

// BaselineRestoreStatus is what the restore did and what is still to be done.
type BaselineRestoreStatus struct {
	// conditions: Ready, whose reason is the phase (InProgress, Completed, PartiallyFailed, Failed).
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// observedGeneration is the generation of the spec that this status is about.
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
