package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// BaselineRestore is one run that puts a backup's objects into the namespace it is in, and its record.
// Those with spec.baseline are made by Seedbed alone, one for each baseline that the namespace holds
// and named after it; deleting one asks for that restore again. Those with spec.backup are made by
// users, by hand or with "seedbed restore create", and need the verb "restore" on that backup.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,shortName=brs,categories=seedbed
// +kubebuilder:printcolumn:name="Phase",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Baseline",type=string,JSONPath=`.spec.baseline`
// +kubebuilder:printcolumn:name="Backup",type=string,JSONPath=`.status.backup`
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
	// +kubebuilder:default={conditions: {{type: "Ready", status: "Unknown", reason: "InProgress", message: "Waiting to be restored", lastTransitionTime: "1970-01-01T00:00:00Z"}}}
	// +optional
	Status BaselineRestoreStatus `json:"status,omitempty,omitzero"`
}

// BaselineRestoreSpec says what is restored.
//
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="spec is immutable: create another BaselineRestore instead"
// +kubebuilder:validation:XValidation:rule="has(self.baseline) != has(self.backup)",message="set exactly one of baseline and backup"
// +kubebuilder:validation:XValidation:rule="has(self.backup) || (!has(self.sourceNamespace) && !has(self.existingResources))",message="sourceNamespace and existingResources go with backup: a Baseline has its own"
// +kubebuilder:validation:XValidation:rule="!has(self.baseline) || has(self.namespaceUID)",message="namespaceUID is required with baseline"
type BaselineRestoreSpec struct {
	// baseline is the name of the Baseline that is restored. Only Seedbed itself sets it.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +optional
	Baseline string `json:"baseline,omitempty"`
	// backup is the name of the BaselineBackup that is restored. It needs the verb "restore" on it.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +optional
	Backup string `json:"backup,omitempty"`
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
	// namespaceUID is the UID of the namespace that is restored into. A restore for another UID, of
	// an earlier namespace of that name, counts for nothing. With backup it may be omitted: the
	// namespace as it is.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +optional
	NamespaceUID types.UID `json:"namespaceUID,omitempty"`
}

// BaselineRestoreStatus is what the restore did and what is still to be done.
type BaselineRestoreStatus struct {
	// conditions: Ready, whose reason is the phase (InProgress, Completed, PartiallyFailed, Failed); and with baseline Guarded,
	// whether what guards Pods is there, unless Completed says so.
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// observedGeneration is the generation of the spec that this status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// startTimestamp is when the first attempt began.
	// +optional
	StartTimestamp *metav1.Time `json:"startTimestamp,omitempty"`
	// completionTimestamp is when the last attempt ended.
	// +optional
	CompletionTimestamp *metav1.Time `json:"completionTimestamp,omitempty"`
	// attempts is how often the restore ran. Attempts that leave something undone are repeated, at
	// most 5 minutes apart, and touch only what is still to be done.
	// +optional
	Attempts int32 `json:"attempts,omitempty"`
	// backup is the name of the BaselineBackup that was restored.
	// +optional
	Backup string `json:"backup,omitempty"`
	// sourceNamespace is the namespace of the backup that was restored.
	// +optional
	SourceNamespace string `json:"sourceNamespace,omitempty"`
	// digest of the backup's content.
	// +kubebuilder:validation:MaxLength=71
	// +optional
	Digest string `json:"digest,omitempty"`
	// counts of the objects by what became of them, over all attempts.
	// +optional
	Counts RestoreCounts `json:"counts,omitempty,omitzero"`
	// items says what became of each resource's objects.
	// +kubebuilder:validation:MaxItems=512
	// +listType=map
	// +listMapKey=resource
	// +optional
	Items []ResourceResult `json:"items,omitempty"`
	// pending are the objects still to be done, as "services/web" or "deployments.apps/web". A retry
	// touches these and no others.
	// +kubebuilder:validation:MaxItems=20000
	// +listType=atomic
	// +optional
	Pending []string `json:"pending,omitempty"`
	// warningCount is how many warnings there were, those cut from the list included.
	// +optional
	WarningCount int32 `json:"warningCount,omitempty"`
	// warnings name object and field of what may not be as expected; at most 64, the last one says
	// what was cut. Never a value.
	// +kubebuilder:validation:MaxItems=64
	// +listType=atomic
	// +optional
	Warnings []string `json:"warnings,omitempty"`
	// errors name the objects that could not be restored; at most 64, the last one says what was cut.
	// +kubebuilder:validation:MaxItems=64
	// +listType=atomic
	// +optional
	Errors []string `json:"errors,omitempty"`
}

// RestoreCounts counts objects by what became of them.
type RestoreCounts struct {
	// total is how many objects the restore is about.
	// +optional
	Total int32 `json:"total"`
	// created did not exist.
	// +optional
	Created int32 `json:"created"`
	// updated existed and were made like the backup's, or were merged with it.
	// +optional
	Updated int32 `json:"updated"`
	// unchanged existed and were like the backup's already.
	// +optional
	Unchanged int32 `json:"unchanged"`
	// kept existed, differed, and were left alone.
	// +optional
	Kept int32 `json:"kept"`
	// skipped are in the backup and are not restored by rule.
	// +optional
	Skipped int32 `json:"skipped"`
	// failed could not be written, so far.
	// +optional
	Failed int32 `json:"failed"`
}

// ResourceResult says what became of the objects of one resource.
type ResourceResult struct {
	// resource is the plural name, with its group when it has one.
	// +kubebuilder:validation:MaxLength=317
	// +required
	Resource string `json:"resource"`
	// objects are "NAME: RESULT" lines, with the result one of created, updated, unchanged, kept,
	// skipped, failed; at most 256, the last one says what was cut.
	// +kubebuilder:validation:MaxItems=256
	// +listType=atomic
	// +optional
	Objects []string `json:"objects,omitempty"`
}

// BaselineRestoreList is a list of BaselineRestores.
//
// +kubebuilder:object:root=true
type BaselineRestoreList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []BaselineRestore `json:"items"`
}
