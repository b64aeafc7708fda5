package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Baseline is a named policy: which backup is restored into which new namespaces, and by which rules.
// A user who may write a Baseline administers the namespaces that it matches.
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
// +kubebuilder:printcolumn:name="RolledOut",type=string,JSONPath=`.status.conditions[?(@.type=="RolledOut")].reason`
// +kubebuilder:printcolumn:name="Pending",type=integer,JSONPath=`.status.pendingNamespaces`
// +kubebuilder:printcolumn:name="Kept",type=integer,priority=1,JSONPath=`.status.keptNamespaces`
// +kubebuilder:printcolumn:name="Drifted",type=integer,priority=1,JSONPath=`.status.driftedNamespaces`
// +kubebuilder:printcolumn:name="Released",type=integer,priority=1,JSONPath=`.status.releasedNamespaces`
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 63",message="metadata.name must have at most 63 characters: it becomes a label value"
// +kubebuilder:validation:XValidation:rule="self.metadata.name != 'none'",message="metadata.name must not be 'none': that word opts a namespace out"
type Baseline struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec selects the backup, the namespaces that get it, and the rules of the restore.
	// +required
	Spec BaselineSpec `json:"spec"`
	// status reports whether the baseline can be restored, and counts the namespaces that hold it.
	// +kubebuilder:default={conditions: {{type: "Ready", status: "Unknown", reason: "Pending", message: "Waiting for the controller", lastTransitionTime: "1970-01-01T00:00:00Z"}}}
	// +optional
	Status BaselineStatus `json:"status,omitempty,omitzero"`
}

// BaselineSpec selects the backup, the namespaces that get it, and the rules of the restore.
// +kubebuilder:validation:XValidation:rule="!has(self.drift) || self.drift != 'Deny' || (has(self.enforcement) && self.enforcement == 'Required')",message="drift: Deny needs enforcement: Required: set enforcement: Required, or drift: Correct",fieldPath=".drift"
type BaselineSpec struct {
	// backup is the name of the BaselineBackup to restore. Setting it, and any other change of
	// spec, needs the verb "restore" on that backup. Namespaces that hold an older revision get a change as rollout says.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +required
	Backup string `json:"backup"`
	// sourceNamespace is the namespace of the backup to restore. When omitted, it is the only one in the
	// backup; it is required when the backup holds several.
	// +kubebuilder:validation:MaxLength=63
	// +optional
	SourceNamespace string `json:"sourceNamespace,omitempty"`
	// namespaceSelector selects by label the namespaces that get the baseline without asking for it.
	// When omitted, only namespaces that ask with the annotation seedbed.dev/baseline get it. When empty ({}), every
	// namespace does. It gives the baseline to every user who can create or label a matching namespace.
	// +optional
	NamespaceSelector *metav1.LabelSelector `json:"namespaceSelector,omitempty"`
	// existingNamespaces is the rule for selected namespaces that are older than this Baseline:
	// Ignore (the default when omitted) leaves them out, Populate includes them.
	// +kubebuilder:validation:Enum=Ignore;Populate
	// +kubebuilder:default=Ignore
	// +optional
	ExistingNamespaces ExistingNamespaces `json:"existingNamespaces,omitempty"`
	// allowedNamespaces is a label selector that a namespace must match to ask for the baseline by annotation;
	// its user needs permission to use the baseline as well. When omitted, any namespace may ask.
	// +optional
	AllowedNamespaces *metav1.LabelSelector `json:"allowedNamespaces,omitempty"`
	// enforcement is Optional (the default when omitted: an annotation on the namespace replaces this
	// baseline) or Required (always restored where namespaceSelector matches, before all others). Later changes
	// and deletions are undone as drift says.
	// +kubebuilder:validation:Enum=Optional;Required
	// +kubebuilder:default=Optional
	// +optional
	Enforcement Enforcement `json:"enforcement,omitempty"`
	// existingResources is the rule for an object that already exists: Keep leaves it unchanged,
	// with a warning if it differs; Update changes it to match the backup's. When omitted, it is Update if
	// enforcement is Required, and Keep otherwise. A Required baseline deletes and recreates a ConfigMap, Secret, ResourceQuota
	// or RoleBinding whose fields cannot be changed.
	// +kubebuilder:validation:Enum=Keep;Update
	// +optional
	ExistingResources ExistingResources `json:"existingResources,omitempty"`
	// mapping is References (the default when omitted: references to the source namespace, in the fields
	// that Seedbed knows, are changed to the target) or ReferencesAndText (DNS names in the text of
	// ConfigMaps and Secrets as well).
	// +kubebuilder:validation:Enum=References;ReferencesAndText
	// +kubebuilder:default=References
	// +optional
	Mapping Mapping `json:"mapping,omitempty"`
	// gate is None (the default when omitted) or Pods: a new namespace that gets this baseline rejects Pods until its guards,
	// all objects but workloads, are restored, so that no Pod is admitted without its pull secrets, its limits or its
	// network policies. Controllers retry by themselves. Namespaces older than this Baseline are never held. The gate takes
	// effect only if the chart was installed with gate.enabled.
	// +kubebuilder:validation:Enum=None;Pods
	// +kubebuilder:default=None
	// +optional
	Gate Gate `json:"gate,omitempty"`
	// namespaceMetadata selects the labels and annotations of the source namespace that the target gets;
	// none when omitted.
	// +optional
	NamespaceMetadata *NamespaceMetadata `json:"namespaceMetadata,omitempty"`
	// rollout controls how a change of backup, sourceNamespace, mapping, namespaceMetadata, values or include reaches the namespaces that hold an
	// older revision. When omitted, it does not: they are counted as outdated. When empty ({}), it reaches one namespace, then a
	// tenth of them, then all.
	// +optional
	Rollout *BaselineRollout `json:"rollout,omitempty"`
	// drift controls what follows when restored objects are changed or deleted in a namespace: Ignore looks for nothing, Report
	// shows it in the namespace's record and counts it, Correct puts the objects back too. When omitted, it is Correct if
	// enforcement is Required, and Report otherwise. It is found by an audit, which is every ten minutes by default, or when
	// asked for (seedbed baseline audit). An object that others changed again after three corrections in a row is left alone.
	// Deny is as Correct, and the API server refuses changes of the objects beforehand, except by users with the verb "administer"
	// on this Baseline; not of those that driftIgnore names. It needs enforcement: Required, and takes effect only if the chart was
	// installed with protection.enabled. Objects that exist already are protected from the next audit on.
	// +kubebuilder:validation:Enum=Ignore;Report;Correct;Deny
	// +optional
	Drift DriftPolicy `json:"drift,omitempty"`
	// driftIgnore lists objects, and fields of objects, that may differ: they are neither reported nor corrected.
	// +kubebuilder:validation:MaxItems=32
	// +listType=atomic
	// +optional
	DriftIgnore []DriftIgnoreRule `json:"driftIgnore,omitempty"`

	BaselineRules `json:",inline"`
}

// ExistingNamespaces is the rule for selected namespaces that are older than the Baseline.
type ExistingNamespaces string

// Values of ExistingNamespaces.
const (
	ExistingNamespacesIgnore   ExistingNamespaces = "Ignore"
	ExistingNamespacesPopulate ExistingNamespaces = "Populate"
)

// Enforcement controls whether a namespace may replace or decline a baseline.
type Enforcement string

// Values of Enforcement.
const (
	EnforcementOptional Enforcement = "Optional"
	EnforcementRequired Enforcement = "Required"
)

// ExistingResources is the rule for an object that already exists.
type ExistingResources string

// Values of ExistingResources.
const (
	ExistingResourcesKeep   ExistingResources = "Keep"
	ExistingResourcesUpdate ExistingResources = "Update"
)

// Gate selects the objects that a new namespace rejects until the baseline's guards are restored.
type Gate string

// Values of Gate.
const (
	GateNone Gate = "None"
	GatePods Gate = "Pods"
)

// Mapping selects the places where the source namespace's name is changed to the target's.
type Mapping string

// Values of Mapping.
const (
	MappingReferences        Mapping = "References"
	MappingReferencesAndText Mapping = "ReferencesAndText"
)

// NamespaceMetadata selects the metadata that the target namespace copies from the source namespace. A value that the
// target already has wins, unless the baseline is Required. seedbed.dev/*, kubernetes.io/metadata.name
// and kubectl.kubernetes.io/last-applied-configuration are never copied.
type NamespaceMetadata struct {
	// labels are patterns of label keys; "*" matches any characters, as in
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

// BaselineStatus reports whether the baseline can be restored, and counts the namespaces that hold it.
type BaselineStatus struct {
	// conditions are Ready (the backup exists and can be read), Writable (when False, its message names the Roles and
	// RoleBindings that Seedbed's permissions do not let it write) and RolledOut (no namespace is outdated).
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// observedGeneration is the generation of the spec that this status describes.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// digest is the digest of the archive that namespaces get now.
	// +kubebuilder:validation:MaxLength=71
	// +optional
	Digest string `json:"digest,omitempty"`
	// revision is the number of the present revision. It grows with each change of the intent, also with a return to an
	// earlier one.
	// +optional
	Revision int64 `json:"revision,omitempty"`
	// revisionHash identifies the intent of the spec: digest, source namespace, mapping, copied namespace metadata, values and
	// include. An upgrade of Seedbed does not change it.
	// +kubebuilder:validation:MaxLength=16
	// +optional
	RevisionHash string `json:"revisionHash,omitempty"`
	// contentDigest is the digest of the objects as a namespace gets them now. A new backup that differs only in fields
	// that are never restored does not change it.
	// +kubebuilder:validation:MaxLength=71
	// +optional
	ContentDigest string `json:"contentDigest,omitempty"`
	// items is the number of objects that a namespace gets.
	// +optional
	Items int32 `json:"items,omitempty"`
	// podDefaults are the fields that the API server's admission adds to Pods because of this baseline; omitted if there
	// are none. The chart's gate reads them in the first seconds of a namespace, and the namespace's record later.
	// +optional
	PodDefaults     *PodDefaults `json:"podDefaults,omitempty"`
	NamespaceCounts `json:",inline"`
	// history lists the present revision and the five before it, the newest first. Their backups cannot be deleted.
	// +kubebuilder:validation:MaxItems=6
	// +listType=map
	// +listMapKey=revision
	// +optional
	History []BaselineRevision `json:"history,omitempty"`
	// rollout reports how far the present revision has got; omitted if none was rolled out.
	// +optional
	Rollout *RolloutStatus `json:"rollout,omitempty"`
	// audit reports the last audit that was asked for by the annotation seedbed.dev/audit-requested; omitted if none was.
	// +optional
	Audit *BaselineAudit `json:"audit,omitempty"`
	// keyLostTimestamp is the time when the keys that sealed some of the baseline's records were lost; omitted if there are no
	// such records. Set the annotation seedbed.dev/adopt to it (seedbed baseline adopt) to seal the complete ones again
	// unchanged; delete an incomplete one to restore again.
	// +optional
	KeyLostTimestamp *metav1.Time `json:"keyLostTimestamp,omitempty"`
}

// NamespaceCounts counts the namespaces of a baseline. It is updated at most every 5 seconds. Zeros are written, so that
// "kubectl wait" can wait for them.
type NamespaceCounts struct {
	// namespaces is the number of namespaces that should hold the baseline: updatedNamespaces + outdatedNamespaces + failedNamespaces +
	// pendingNamespaces.
	// +kubebuilder:default=0
	// +optional
	Namespaces int32 `json:"namespaces"`
	// updatedNamespaces is the number of namespaces that got the current content. Kept objects and later changes by tenants do
	// not matter here.
	// +kubebuilder:default=0
	// +optional
	UpdatedNamespaces int32 `json:"updatedNamespaces"`
	// outdatedNamespaces is the number of namespaces that hold another revision with different content.
	// +kubebuilder:default=0
	// +optional
	OutdatedNamespaces int32 `json:"outdatedNamespaces"`
	// failedNamespaces is the number of namespaces whose restore or last update is incomplete; it is retried at most 5 minutes
	// apart.
	// +kubebuilder:default=0
	// +optional
	FailedNamespaces int32 `json:"failedNamespaces"`
	// pendingNamespaces is the number of namespaces that do not hold the baseline yet.
	// +kubebuilder:default=0
	// +optional
	PendingNamespaces int32 `json:"pendingNamespaces"`
	// keptNamespaces is the number of updated and outdated namespaces with an object that was left alone: it existed before the
	// restore and differed, or was changed or deleted before an update.
	// +kubebuilder:default=0
	// +optional
	KeptNamespaces int32 `json:"keptNamespaces"`
	// driftedNamespaces is the number of namespaces in which the last audit found an object that was changed or deleted since it
	// was restored, and that was not corrected. They are among the updated, outdated and failed ones.
	// +kubebuilder:default=0
	// +optional
	DriftedNamespaces int32 `json:"driftedNamespaces"`
	// releasedNamespaces is the number of namespaces that hold the baseline and would not get it today: it was recreated, no
	// longer allows them or is no longer selected by them, or the key that sealed their record is lost. namespaces does not
	// count them: they keep their objects and get no more.
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

// ExistingResourcesPolicy returns spec.existingResources, or its default: Update if the baseline is
// Required, because a tenant's own permissive NetworkPolicy would win otherwise.
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
