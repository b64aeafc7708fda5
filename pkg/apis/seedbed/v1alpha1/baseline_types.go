package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Baseline is a named policy: which backup is restored into which new namespaces, and by which rules.
// Whoever may write a Baseline administers the namespaces that it matches.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=bl,categories=seedbed
// +kubebuilder:printcolumn:name="Backup",type=string,JSONPath=`.spec.backup`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Enforcement",type=string,JSONPath=`.spec.enforcement`
// +kubebuilder:printcolumn:name="Items",type=integer,JSONPath=`.status.items`
// +kubebuilder:printcolumn:name="Namespaces",type=integer,JSONPath=`.status.namespaces`
// +kubebuilder:printcolumn:name="Updated",type=integer,JSONPath=`.status.updatedNamespaces`
// +kubebuilder:printcolumn:name="Outdated",type=integer,JSONPath=`.status.outdatedNamespaces`
// +kubebuilder:printcolumn:name="Failed",type=integer,JSONPath=`.status.failedNamespaces`
// +kubebuilder:printcolumn:name="Pending",type=integer,JSONPath=`.status.pendingNamespaces`
// +kubebuilder:printcolumn:name="Kept",type=integer,priority=1,JSONPath=`.status.keptNamespaces`
// +kubebuilder:printcolumn:name="Released",type=integer,priority=1,JSONPath=`.status.releasedNamespaces`
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 63",message="metadata.name must have at most 63 characters: it becomes a label value"
// +kubebuilder:validation:XValidation:rule="self.metadata.name != 'none'",message="metadata.name must not be 'none': that word opts a namespace out"
type Baseline struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says which backup goes where, and how.
	// +required
	Spec BaselineSpec `json:"spec"`
	// status says whether the baseline can be restored and who holds it.
	// +kubebuilder:default={conditions: {{type: "Ready", status: "Unknown", reason: "Pending", message: "Waiting for the controller", lastTransitionTime: "1970-01-01T00:00:00Z"}}}
	// +optional
	Status BaselineStatus `json:"status,omitempty,omitzero"`
}

// BaselineSpec says which backup goes where, and how.
type BaselineSpec struct {
	// backup is the name of the BaselineBackup that is restored. Setting it, and any other change of
	// spec, needs the verb "restore" on that backup. A change is for namespaces populated from then on; those that hold the
	// older content keep it and are counted as outdated.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +required
	Backup string `json:"backup"`
	// sourceNamespace is the namespace of the backup that is restored. Needed only when the backup
	// holds several; when omitted it is the one that the backup holds.
	// +kubebuilder:validation:MaxLength=63
	// +optional
	SourceNamespace string `json:"sourceNamespace,omitempty"`
	// namespaceSelector chooses the namespaces that get the baseline without asking, by their labels.
	// Omitted: only those that ask with the annotation seedbed.dev/baseline. Empty ({}): every
	// namespace. It gives the baseline to whoever can create or label a matching namespace.
	// +optional
	NamespaceSelector *metav1.LabelSelector `json:"namespaceSelector,omitempty"`
	// existingNamespaces says what namespaceSelector does to namespaces that are older than this
	// Baseline: Ignore them (the default when omitted) or Populate them too.
	// +kubebuilder:validation:Enum=Ignore;Populate
	// +kubebuilder:default=Ignore
	// +optional
	ExistingNamespaces ExistingNamespaces `json:"existingNamespaces,omitempty"`
	// allowedNamespaces is a label selector that a namespace asking by annotation must match, besides
	// its user's permission to use the baseline. Any namespace may ask when omitted.
	// +optional
	AllowedNamespaces *metav1.LabelSelector `json:"allowedNamespaces,omitempty"`
	// enforcement is Optional (the default when omitted: an annotation on the namespace replaces this
	// baseline) or Required (always restored where namespaceSelector matches, before all others). What a tenant changes or
	// deletes of it afterwards is not noticed.
	// +kubebuilder:validation:Enum=Optional;Required
	// +kubebuilder:default=Optional
	// +optional
	Enforcement Enforcement `json:"enforcement,omitempty"`
	// existingResources says what happens to an object that is already there: Keep leaves it alone,
	// with a warning when it differs; Update makes it like the backup's. When omitted: Keep, or
	// Update where enforcement is Required. A Required baseline deletes and makes anew a ConfigMap, Secret, ResourceQuota or
	// RoleBinding whose fields cannot be changed.
	// +kubebuilder:validation:Enum=Keep;Update
	// +optional
	ExistingResources ExistingResources `json:"existingResources,omitempty"`
	// mapping is References (the default when omitted: what names the source namespace in a place
	// that Seedbed knows is made to name the target) or ReferencesAndText (DNS names in the text of
	// ConfigMaps and Secrets too).
	// +kubebuilder:validation:Enum=References;ReferencesAndText
	// +kubebuilder:default=References
	// +optional
	Mapping Mapping `json:"mapping,omitempty"`
	// gate is None (the default when omitted) or Pods: Pods are refused in a new namespace that gets this baseline until
	// what guards and feeds them has been restored, so that none is admitted without its pull secrets, its limits or its
	// network policies. Controllers try again by themselves. Namespaces older than this Baseline are never held. It takes
	// effect where the chart was installed with gate.enabled.
	// +kubebuilder:validation:Enum=None;Pods
	// +kubebuilder:default=None
	// +optional
	Gate Gate `json:"gate,omitempty"`
	// namespaceMetadata says which labels and annotations of the source namespace the target gets;
	// none when omitted.
	// +optional
	NamespaceMetadata *NamespaceMetadata `json:"namespaceMetadata,omitempty"`
}

// ExistingNamespaces says what a selector does to namespaces older than its Baseline.
type ExistingNamespaces string

// Values of ExistingNamespaces.
const (
	ExistingNamespacesIgnore   ExistingNamespaces = "Ignore"
	ExistingNamespacesPopulate ExistingNamespaces = "Populate"
)

// Enforcement says whether a namespace may replace or decline a baseline.
type Enforcement string

// Values of Enforcement.
const (
	EnforcementOptional Enforcement = "Optional"
	EnforcementRequired Enforcement = "Required"
)

// ExistingResources says what happens to an object that is already there.
type ExistingResources string

// Values of ExistingResources.
const (
	ExistingResourcesKeep   ExistingResources = "Keep"
	ExistingResourcesUpdate ExistingResources = "Update"
)

// Gate says what is held in a new namespace until the baseline's guards stand.
type Gate string

// Values of Gate.
const (
	GateNone Gate = "None"
	GatePods Gate = "Pods"
)

// Mapping says how far the source namespace's name is followed.
type Mapping string

// Values of Mapping.
const (
	MappingReferences        Mapping = "References"
	MappingReferencesAndText Mapping = "ReferencesAndText"
)

// NamespaceMetadata names what the target namespace copies from the source namespace. What the target
// already sets wins, unless the baseline is Required. seedbed.dev/*, kubernetes.io/metadata.name
// and kubectl.kubernetes.io/last-applied-configuration are never copied.
type NamespaceMetadata struct {
	// labels are patterns of label keys; "*" stands for any characters, as in
	// "pod-security.kubernetes.io/*". None when omitted.
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=317
	// +listType=set
	// +optional
	Labels []string `json:"labels,omitempty"`
	// annotations are patterns of annotation keys, like labels. None when omitted.
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=317
	// +listType=set
	// +optional
	Annotations []string `json:"annotations,omitempty"`
}

// BaselineStatus says whether the baseline can be restored and who holds it.
type BaselineStatus struct {
	// conditions: Ready (the backup is there and can be read), and Writable (False names the Roles and
	// RoleBindings that Seedbed's permissions do not let it write).
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// observedGeneration is the generation of the spec that this status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// digest of the archive of the backup that namespaces get now.
	// +kubebuilder:validation:MaxLength=71
	// +optional
	Digest string `json:"digest,omitempty"`
	// revisionHash identifies the intent of the spec: digest, source namespace, mapping and copied namespace metadata. A new
	// version of Seedbed does not change it.
	// +kubebuilder:validation:MaxLength=16
	// +optional
	RevisionHash string `json:"revisionHash,omitempty"`
	// contentDigest is of the objects as a namespace gets them now. A new backup that differs from the one before only in fields
	// that are never restored has the same.
	// +kubebuilder:validation:MaxLength=71
	// +optional
	ContentDigest string `json:"contentDigest,omitempty"`
	// items is how many objects a namespace gets.
	// +optional
	Items int32 `json:"items,omitempty"`
	// podDefaults are what the API server's admission puts into the Pods of a namespace that gets this baseline; absent where
	// that is nothing. The chart's gate reads them in the first seconds of a namespace; later it reads its record's.
	// +optional
	PodDefaults     *PodDefaults `json:"podDefaults,omitempty"`
	NamespaceCounts `json:",inline"`
	// keyLostTimestamp is when the keys were lost that sealed those records; absent where there are none. Setting the annotation
	// seedbed.dev/adopt to it (seedbed baseline adopt) has the complete ones sealed anew as they
	// stand; deleting another asks for its restore again.
	// +optional
	KeyLostTimestamp *metav1.Time `json:"keyLostTimestamp,omitempty"`
}

// NamespaceCounts counts the namespaces that a baseline is for, at most every 5 seconds. Zeros are there, so that they can be
// waited for.
type NamespaceCounts struct {
	// namespaces is how many namespaces should hold the baseline: updatedNamespaces + outdatedNamespaces + failedNamespaces +
	// pendingNamespaces.
	// +kubebuilder:default=0
	// +optional
	Namespaces int32 `json:"namespaces"`
	// updatedNamespaces is how many were given the present content. Objects that were kept, and changes by tenants since, do not
	// count here.
	// +kubebuilder:default=0
	// +optional
	UpdatedNamespaces int32 `json:"updatedNamespaces"`
	// outdatedNamespaces is how many hold another revision whose content differs.
	// +kubebuilder:default=0
	// +optional
	OutdatedNamespaces int32 `json:"outdatedNamespaces"`
	// failedNamespaces is how many were left with something undone, which is retried at most 5 minutes apart.
	// +kubebuilder:default=0
	// +optional
	FailedNamespaces int32 `json:"failedNamespaces"`
	// pendingNamespaces is how many do not hold the baseline yet.
	// +kubebuilder:default=0
	// +optional
	PendingNamespaces int32 `json:"pendingNamespaces"`
	// keptNamespaces is how many of the updated and outdated ones have an object that was there already, differed and was left alone.
	// +kubebuilder:default=0
	// +optional
	KeptNamespaces int32 `json:"keptNamespaces"`
	// releasedNamespaces is how many hold the baseline and would not get it today, because it was made anew, closed to
	// them or chosen by them no more, or because the key that sealed their record is lost. They are not among namespaces: they
	// keep their objects and get nothing more.
	// +kubebuilder:default=0
	// +optional
	ReleasedNamespaces int32 `json:"releasedNamespaces"`
}

// BaselineList is a list of Baselines.
//
// +kubebuilder:object:root=true
type BaselineList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []Baseline `json:"items"`
}

// ExistingResourcesPolicy is spec.existingResources with its default filled in: Update where the
// baseline is Required, since a tenant's own permissive NetworkPolicy would win otherwise.
func (s *BaselineSpec) ExistingResourcesPolicy() ExistingResources {
	switch {
	case s.ExistingResources != "":
		return s.ExistingResources
	case s.Enforcement == EnforcementRequired:
		return ExistingResourcesUpdate
	default:
		return ExistingResourcesKeep
	}
}
