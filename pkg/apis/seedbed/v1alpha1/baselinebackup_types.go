package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// BaselineBackup is an immutable, stored, point-in-time copy of the objects of one or more source
// namespaces. Each kind is listed consistently, but kinds are listed one after the other: it is not a
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

	// spec selects the objects to back up. It cannot be changed: create another backup instead.
	// +required
	Spec BaselineBackupSpec `json:"spec"`
	// status reports the progress and the stored content.
	// +kubebuilder:default={conditions: {{type: "Ready", status: "Unknown", reason: "New", message: "Waiting for the controller", lastTransitionTime: "1970-01-01T00:00:00Z"}}}
	// +optional
	Status BaselineBackupStatus `json:"status,omitempty,omitzero"`
}

// BaselineBackupSpec selects the objects to back up.
//
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="spec is immutable: create another BaselineBackup instead"
type BaselineBackupSpec struct {
	// includedNamespaces are the source namespaces, at least one and at most 64. There is no value for
	// all of them: a baseline consists of namespaces chosen by name.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	// +listType=set
	// +required
	IncludedNamespaces []string `json:"includedNamespaces"`
	// includedResources are the resources to back up, as "services", "deployments.apps" or a short
	// name; all resources of a namespace when omitted or empty. The creator of the backup must be allowed
	// to list each of them in each namespace, or all resources when none is named.
	// +kubebuilder:validation:MaxItems=128
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	// +listType=set
	// +optional
	IncludedResources []string `json:"includedResources,omitempty"`
	// excludedResources are left out, even if includedResources names them; none when omitted.
	// +kubebuilder:validation:MaxItems=128
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	// +listType=set
	// +optional
	ExcludedResources []string `json:"excludedResources,omitempty"`
	// labelSelector selects objects by label; every object when omitted.
	// +optional
	LabelSelector *metav1.LabelSelector `json:"labelSelector,omitempty"`
	// ttl is the duration for which the backup is kept after its creation, for example "720h"; for ever when
	// omitted. A backup that a Baseline still uses is kept longer, and its condition ExpirationHeld
	// is then True.
	// +kubebuilder:validation:XValidation:rule="duration(self) > duration('0s')",message="ttl must be longer than zero: leave it out to keep the backup for ever"
	// +optional
	TTL *metav1.Duration `json:"ttl,omitempty"`
}

// BaselineBackupStatus reports the progress and the stored content of a backup.
type BaselineBackupStatus struct {
	// conditions are Ready, whose reason is the phase (New, InProgress, Completed, PartiallyFailed,
	// Failed, Deleting), and ExpirationHeld.
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// observedGeneration is the generation of the spec that this status describes.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// formatVersion is the version of Velero's backup format that the archive has.
	// +optional
	FormatVersion string `json:"formatVersion,omitempty"`
	// startTimestamp is the time when listing began.
	// +optional
	StartTimestamp *metav1.Time `json:"startTimestamp,omitempty"`
	// completionTimestamp is the time when the backup succeeded or failed.
	// +optional
	CompletionTimestamp *metav1.Time `json:"completionTimestamp,omitempty"`
	// expiration is the time when the backup is removed; never when omitted.
	// +optional
	Expiration *metav1.Time `json:"expiration,omitempty"`
	// attempts is the number of controllers that have begun to take the backup. If one is killed meanwhile, for instance by
	// its memory limit, the next one tries; after two the backup is Failed. A controller that shuts down in order is not counted.
	// +optional
	Attempts int32 `json:"attempts,omitempty"`
	// progress counts the objects, during the backup and after it.
	// +optional
	Progress *BackupProgress `json:"progress,omitempty"`
	// itemCounts lists the number of objects of each resource in the backup.
	// +kubebuilder:validation:MaxItems=512
	// +listType=map
	// +listMapKey=resource
	// +optional
	ItemCounts []ResourceCount `json:"itemCounts,omitempty"`
	// sizeBytes is the size of the stored archive, in bytes.
	// +optional
	SizeBytes int64 `json:"sizeBytes,omitempty"`
	// digest is the digest of the stored archive: "sha256:" and 64 hexadecimal digits. Every read verifies it.
	// +kubebuilder:validation:MaxLength=71
	// +optional
	Digest string `json:"digest,omitempty"`
	// adopted reports whether the content was already stored under this name for the same selection.
	// It was then reused, because the source may have changed since.
	// +optional
	Adopted bool `json:"adopted,omitempty"`
	// warnings name objects that may not be as expected; at most 64, the last of which counts those left out.
	// +kubebuilder:validation:MaxItems=64
	// +listType=atomic
	// +optional
	Warnings []string `json:"warnings,omitempty"`
	// errors name objects that could not be backed up; at most 64, the last of which counts those left out.
	// +kubebuilder:validation:MaxItems=64
	// +listType=atomic
	// +optional
	Errors []string `json:"errors,omitempty"`
}

// BackupProgress counts objects.
type BackupProgress struct {
	// totalItems is the number of objects found so far.
	// +optional
	TotalItems int32 `json:"totalItems"`
	// itemsBackedUp is the number of them in the archive. The source Namespace objects are stored
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
	// count is the number of its objects.
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
