package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// BaselineBackup is an immutable, stored, point-in-time copy of the objects of one or more source
// namespaces. Each kind is listed consistently and kinds are listed one after the other: it is no
// snapshot of the whole cluster. Creating one takes the backup; deleting it removes the stored
// content, which is refused while a Baseline uses it.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=bbk,categories=seedbed
// +kubebuilder:printcolumn:name="Phase",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Namespaces",type=string,JSONPath=`.spec.includedNamespaces`
// +kubebuilder:printcolumn:name="Items",type=integer,JSONPath=`.status.progress.itemsBackedUp`
// +kubebuilder:printcolumn:name="Expires",type=string,priority=1,JSONPath=`.status.expiration`
// +kubebuilder:printcolumn:name="Digest",type=string,priority=1,JSONPath=`.status.digest`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 63",message="metadata.name must have at most 63 characters: it becomes a label value"
// +kubebuilder:validation:XValidation:rule="self.metadata.name != 'none'",message="metadata.name must not be 'none': that word opts a namespace out"
type BaselineBackup struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says what to back up. It cannot be changed: create another backup instead.
	// +required
	Spec BaselineBackupSpec `json:"spec"`
	// status is what Seedbed found and stored.
	// +kubebuilder:default={conditions: {{type: "Ready", status: "Unknown", reason: "New", message: "Waiting for the controller", lastTransitionTime: "1970-01-01T00:00:00Z"}}}
	// +optional
	Status BaselineBackupStatus `json:"status,omitempty,omitzero"`
}

// BaselineBackupSpec selects what is backed up.
//
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="spec is immutable: create another BaselineBackup instead"
type BaselineBackupSpec struct {
	// includedNamespaces are the source namespaces, at least one and at most 64. There is no way to
	// say "all": a baseline is made of namespaces that somebody chose.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	// +listType=set
	// +required
	IncludedNamespaces []string `json:"includedNamespaces"`
	// includedResources are the resources to back up, as "services", "deployments.apps" or a short
	// name; all of a namespace's when omitted or empty. Whoever creates the backup must be allowed
	// to list each of them in each namespace, or everything where none is named.
	// +kubebuilder:validation:MaxItems=128
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	// +listType=set
	// +optional
	IncludedResources []string `json:"includedResources,omitempty"`
	// excludedResources are left out, also where includedResources names them; none when omitted.
	// +kubebuilder:validation:MaxItems=128
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	// +listType=set
	// +optional
	ExcludedResources []string `json:"excludedResources,omitempty"`
	// labelSelector keeps the objects whose labels match; every object when omitted.
	// +optional
	LabelSelector *metav1.LabelSelector `json:"labelSelector,omitempty"`
	// ttl is how long the backup is kept after it was created, for example "720h"; for ever when
	// omitted. A backup that a Baseline still uses outlives it, and says so in the condition
	// ExpirationHeld.
	// +kubebuilder:validation:XValidation:rule="duration(self) > duration('0s')",message="ttl must be longer than zero: leave it out to keep the backup for ever"
	// +optional
	TTL *metav1.Duration `json:"ttl,omitempty"`
}

// BaselineBackupStatus is what Seedbed found and stored.
type BaselineBackupStatus struct {
	// conditions: Ready, whose reason is the phase (New, InProgress, Completed, PartiallyFailed,
	// Failed, Deleting), and ExpirationHeld.
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// observedGeneration is the generation of the spec that this status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// formatVersion is the archive's version of Velero's backup format.
	// +optional
	FormatVersion string `json:"formatVersion,omitempty"`
	// startTimestamp is when listing began.
	// +optional
	StartTimestamp *metav1.Time `json:"startTimestamp,omitempty"`
	// completionTimestamp is when the backup ended, well or not.
	// +optional
	CompletionTimestamp *metav1.Time `json:"completionTimestamp,omitempty"`
	// expiration is when the backup is removed; never when omitted.
	// +optional
	Expiration *metav1.Time `json:"expiration,omitempty"`
	// attempts is how many controllers have begun to take the backup. One that is killed meanwhile, by its memory limit for
	// instance, leaves it to the next; after two the backup is Failed. One that ends in order is not counted.
	// +optional
	Attempts int32 `json:"attempts,omitempty"`
	// progress counts the objects while the backup is taken and when it is done.
	// +optional
	Progress *BackupProgress `json:"progress,omitempty"`
	// itemCounts says how many objects of each resource the backup holds.
	// +kubebuilder:validation:MaxItems=512
	// +listType=map
	// +listMapKey=resource
	// +optional
	ItemCounts []ResourceCount `json:"itemCounts,omitempty"`
	// size of the stored archive, in bytes.
	// +optional
	SizeBytes int64 `json:"sizeBytes,omitempty"`
	// digest of the stored archive: "sha256:" and 64 hexadecimal digits. Checked on every read.
	// +kubebuilder:validation:MaxLength=71
	// +optional
	Digest string `json:"digest,omitempty"`
	// adopted is true when the content was already stored under this name for the same selection,
	// and was taken over instead of reading a source that may have changed.
	// +optional
	Adopted bool `json:"adopted,omitempty"`
	// warnings name what may not be as expected; at most 64, the last one says what was cut.
	// +kubebuilder:validation:MaxItems=64
	// +listType=atomic
	// +optional
	Warnings []string `json:"warnings,omitempty"`
	// errors name what could not be backed up; at most 64, the last one says what was cut.
	// +kubebuilder:validation:MaxItems=64
	// +listType=atomic
	// +optional
	Errors []string `json:"errors,omitempty"`
}

// BackupProgress counts objects.
type BackupProgress struct {
	// totalItems is how many objects have been found so far.
	// +optional
	TotalItems int32 `json:"totalItems"`
	// itemsBackedUp is how many of them are in the archive. The source Namespace objects are stored
	// as well and not counted.
	// +optional
	ItemsBackedUp int32 `json:"itemsBackedUp"`
}

// ResourceCount is the number of objects of one resource.
type ResourceCount struct {
	// resource is the plural name, with its group when it has one: "services", "deployments.apps".
	// +kubebuilder:validation:MaxLength=317
	// +required
	Resource string `json:"resource"`
	// count of its objects.
	// +required
	Count int32 `json:"count"`
}

// BaselineBackupList is a list of BaselineBackups.
//
// +kubebuilder:object:root=true
type BaselineBackupList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []BaselineBackup `json:"items"`
}
