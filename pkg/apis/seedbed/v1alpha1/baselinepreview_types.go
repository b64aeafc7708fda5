package v1alpha1

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// BaselinePreview asks what a restore or an update would do, and changes nothing. Seedbed answers in its status, by dry runs,
// and deletes it ten minutes after its creation. Creating one needs, beside "create" on baselinepreviews, the verb "restore"
// on the backup and "create" on baselinerestores in the namespace; for a namespace that does not exist yet, only a grant for
// the whole cluster gives the latter.
//
// What one object of a backup does to another (a ResourceQuota that leaves no room for a Pod) shows only
// when they are restored.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=bpv
// +kubebuilder:printcolumn:name="Answer",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Namespace",type=string,JSONPath=`.spec.namespace`
// +kubebuilder:printcolumn:name="Baseline",type=string,JSONPath=`.spec.baseline`
// +kubebuilder:printcolumn:name="Backup",type=string,JSONPath=`.spec.backup`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type BaselinePreview struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what would be restored, and where to. It cannot be changed: create another preview instead.
	// +structType=atomic
	// +required
	Spec BaselinePreviewSpec `json:"spec"`
	// status is the answer. Seedbed alone writes it, once and as a whole.
	// +structType=atomic
	// +kubebuilder:default={conditions: {{type: "Ready", status: "Unknown", reason: "Waiting", message: "Waiting for the controller", lastTransitionTime: "1970-01-01T00:00:00Z"}}}
	// +optional
	Status BaselinePreviewStatus `json:"status,omitempty,omitzero"`
}

// BaselinePreviewSpec is what would be restored, and where to.
//
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="spec is immutable: create another BaselinePreview instead"
// +kubebuilder:validation:XValidation:rule="!has(self.baseline) || (!has(self.sourceNamespace) && !has(self.existingResources))",message="sourceNamespace and existingResources go without baseline: a Baseline has its own"
// +kubebuilder:validation:XValidation:rule="!has(self.baseline) || (!has(self.includedResources) && !has(self.excludedResources) && !has(self.labelSelector))",message="a selection goes without baseline: a Baseline is restored as a whole"
type BaselinePreviewSpec struct {
	// namespace is the one that would be restored into. It need not exist. It needs the verb "create" on baselinerestores in
	// it; where it does not exist, only a grant for the whole cluster gives that.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	// +required
	Namespace string `json:"namespace"`
	// backup is the name of the BaselineBackup that would be restored. It needs the verb "restore" on it. With baseline it is
	// the one that the Baseline names; when the Baseline names another one by then, the preview is refused, because nobody
	// reviewed who may see that.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +required
	Backup string `json:"backup"`
	// baseline is the name of the Baseline whose rules the restore would follow; a restore by hand when omitted.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +optional
	Baseline string `json:"baseline,omitempty"`
	// sourceNamespace is the namespace of the backup that would be restored. Needed only when the backup
	// holds several; when omitted it is the one that the backup holds.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +optional
	SourceNamespace string `json:"sourceNamespace,omitempty"`
	// existingResources is the rule for an object that is already there: Keep (when omitted)
	// leaves it alone; Update makes it like the backup's.
	// +kubebuilder:validation:Enum=Keep;Update
	// +optional
	ExistingResources ExistingResources `json:"existingResources,omitempty"`
	RestoreSelection  `json:",inline"`
	// objects asks for the objects themselves as well, as they would be written. Not when omitted.
	// +optional
	Objects bool `json:"objects,omitempty"`
}

// BaselinePreviewStatus is the answer to a preview. It has at most MaxPreviewBytes; the rest is counted and left out.
type BaselinePreviewStatus struct {
	// conditions: Ready, which is True with the reason Answered when the rest of the status holds, and False when there is no
	// answer for good.
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// namespaceExists reports whether the namespace was there. One that is not would be empty but for the objects that
	// every new namespace has.
	// +optional
	NamespaceExists bool `json:"namespaceExists,omitempty"`
	// backup is the name of the BaselineBackup that would be restored.
	// +optional
	Backup string `json:"backup,omitempty"`
	// sourceNamespace is the namespace of the backup that would be restored.
	// +optional
	SourceNamespace string `json:"sourceNamespace,omitempty"`
	// digest of the backup's content.
	// +kubebuilder:validation:MaxLength=71
	// +optional
	Digest string `json:"digest,omitempty"`
	// truncated reports whether anything was left out for its size. The fields that end in Omitted count it.
	// +optional
	Truncated bool `json:"truncated,omitempty"`
	// labels of the source namespace that the namespace would get.
	// +optional
	Labels map[string]string `json:"labels,omitempty"`
	// annotations of the source namespace that the namespace would get.
	// +optional
	Annotations map[string]string `json:"annotations,omitempty"`
	// metadataOmitted counts the labels and annotations that were left out.
	// +optional
	MetadataOmitted int32 `json:"metadataOmitted,omitempty"`
	// counts of the objects by result, those left out included.
	// +optional
	Counts RestoreCounts `json:"counts,omitempty,omitzero"`
	// items has the predicted result of each object, sorted by their names, as "services/web: Created" or
	// "deployments.apps/web: Kept: was already there and differs". Where there is no room for all, failures, kept and updated
	// objects come first.
	// +kubebuilder:validation:MaxItems=20000
	// +listType=atomic
	// +optional
	Items []ObjectResult `json:"items,omitempty"`
	// itemsOmitted counts the items that were left out.
	// +optional
	ItemsOmitted int32 `json:"itemsOmitted,omitempty"`
	// warningCount counts the warnings, those left out included.
	// +optional
	WarningCount int32 `json:"warningCount,omitempty"`
	// warnings name object and field of what may not be as expected; at most 64. Never a value.
	// +kubebuilder:validation:MaxItems=64
	// +listType=atomic
	// +optional
	Warnings []string `json:"warnings,omitempty"`
	// objects are those that would be written (created, updated), mapped to the namespace, in the order of
	// the restore. The values of Secrets are left out.
	// +kubebuilder:validation:items:XPreserveUnknownFields
	// +kubebuilder:validation:items:Type=object
	// +listType=atomic
	// +optional
	Objects []runtime.RawExtension `json:"objects,omitempty"`
	// objectsOmitted counts the objects that were left out.
	// +optional
	ObjectsOmitted int32 `json:"objectsOmitted,omitempty"`
}

// Bounds of previews, which the API server holds in memory while they are there.
const (
	// MaxPreviewBytes bounds the status of a preview, encoded: an object of 1.5 MiB is more than etcd takes.
	MaxPreviewBytes = 1 << 20
	// MaxPreviewItems is the most that status.items may hold.
	MaxPreviewItems = 20000
	// MaxPreviews is how many previews are kept. Those that come while so many are there are refused.
	MaxPreviews = 64
	// MaxPreviewsOfNamespace is how many previews of one namespace are kept, so that a tenant of one namespace leaves places to
	// others.
	MaxPreviewsOfNamespace = 16
	// PreviewLifetime is how long after its creation a preview is deleted.
	PreviewLifetime = 10 * time.Minute
)

// PreviewLeftOut stands for each value of a Secret among a preview's objects. It is no base64, so that what was
// printed is not taken for the Secret itself.
const PreviewLeftOut = "(left out)"

// BaselinePreviewList is a list of BaselinePreviews.
//
// +kubebuilder:object:root=true
type BaselinePreviewList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []BaselinePreview `json:"items"`
}
