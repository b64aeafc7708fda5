package v1alpha1

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// BaselinePreview predicts the effect of a restore or an update, and changes nothing. Seedbed answers in its status, by dry
// runs, and deletes it ten minutes after its creation, or an hour for one of a fleet. Creating one needs "create" on baselinepreviews, the verb "restore"
// on the backup, and "create" on baselinerestores in the namespace. For a namespace that does not exist yet, and for all
// namespaces that hold a Baseline, only a grant for the whole cluster gives the last one.
//
// A preview does not show the effect of one object of a backup on another, for example of a ResourceQuota that leaves no
// room for a Pod.
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

	// spec selects the objects and the namespace. It cannot be changed: create another preview instead.
	// +structType=atomic
	// +required
	Spec BaselinePreviewSpec `json:"spec"`
	// status is the answer. Only Seedbed writes it, as a whole. While a preview of a fleet is made, it has the progress alone.
	// +structType=atomic
	// +kubebuilder:default={conditions: {{type: "Ready", status: "Unknown", reason: "Waiting", message: "Waiting for the controller", lastTransitionTime: "1970-01-01T00:00:00Z"}}}
	// +optional
	Status BaselinePreviewStatus `json:"status,omitempty,omitzero"`
}

// BaselinePreviewSpec selects the objects and the namespace of a preview.
//
// +kubebuilder:validation:XValidation:rule="has(self.namespace) != has(self.fleet)",message="set exactly one of namespace and fleet"
// +kubebuilder:validation:XValidation:rule="!has(self.fleet) || (has(self.baseline) && !has(self.objects))",message="fleet goes with baseline, and without objects"
// +kubebuilder:validation:XValidation:rule="!has(self.compare) || (has(self.namespace) && has(self.baseline) && !has(self.objects))",message="compare goes with namespace and baseline, and without objects"
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="spec is immutable: create another BaselinePreview instead"
// +kubebuilder:validation:XValidation:rule="!has(self.baseline) || (!has(self.sourceNamespace) && !has(self.existingResources))",message="sourceNamespace and existingResources go without baseline: a Baseline has its own"
// +kubebuilder:validation:XValidation:rule="!has(self.baseline) || (!has(self.includedResources) && !has(self.excludedResources) && !has(self.labelSelector))",message="a selection goes without baseline: a Baseline is restored as a whole"
type BaselinePreviewSpec struct {
	// namespace is the namespace to restore into. It need not exist. The creator needs the verb "create" on baselinerestores
	// in it; if it does not exist, only a grant for the whole cluster gives that.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	// +optional
	Namespace string `json:"namespace,omitempty"`
	// fleet previews the update of all namespaces that hold the Baseline instead. The creator needs the verb "create" on
	// baselinerestores in the whole cluster.
	// +optional
	Fleet *FleetPreview `json:"fleet,omitempty"`
	// backup is the name of the BaselineBackup to restore. The creator needs the verb "restore" on it. With baseline, it may be
	// another one than the Baseline names: that previews the change of spec.backup.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +required
	Backup string `json:"backup"`
	// baseline is the name of the Baseline whose rules the restore follows. If the namespace holds that Baseline, the preview is
	// of the update from the revision that it holds. When omitted, it is a restore by hand.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +optional
	Baseline string `json:"baseline,omitempty"`
	// sourceNamespace is the namespace of the backup to restore. When omitted, it is the only one in the
	// backup; it is required when the backup holds several.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +optional
	SourceNamespace string `json:"sourceNamespace,omitempty"`
	// existingResources is the rule for an object that already exists: Keep (when omitted)
	// leaves it unchanged; Update changes it to match the backup's.
	// +kubebuilder:validation:Enum=Keep;Update
	// +optional
	ExistingResources ExistingResources `json:"existingResources,omitempty"`
	RestoreSelection  `json:",inline"`
	// objects requests the objects themselves as well, as they would be written. When omitted, the answer has none.
	// +optional
	Objects bool `json:"objects,omitempty"`
	// compare requests, instead of a prediction, how the objects of the namespace differ from those that the Baseline would write, by the
	// rules of an audit. Held compares with the revision that the namespace holds, whose backup spec.backup must name; Backup
	// compares with the content that spec.backup has by the Baseline's rules. The answer is in status.comparison.
	// +optional
	Compare PreviewComparison `json:"compare,omitempty"`
}

// BaselinePreviewStatus is the answer to a preview. It has at most 1 MiB; the rest is counted and left out.
type BaselinePreviewStatus struct {
	// conditions is Ready. It is True with the reason Answered once the rest of the status is complete, and False if there
	// will be no answer.
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// fleet is the answer about all namespaces; set if spec.fleet is. The fields about one namespace are then omitted.
	// +optional
	Fleet *FleetPreviewStatus `json:"fleet,omitempty"`
	// comparison is the answer about the differences; set if spec.compare is. The fields about a prediction are then omitted.
	// +optional
	Comparison *NamespaceComparison `json:"comparison,omitempty"`
	// namespaceExists reports whether the namespace existed. If it did not, the answer assumes a new namespace with only the
	// objects that every new namespace has.
	// +optional
	NamespaceExists bool `json:"namespaceExists,omitempty"`
	// fromBackup is the name of the BaselineBackup that the namespace holds; set if the answer is of an update.
	// +optional
	FromBackup string `json:"fromBackup,omitempty"`
	// backup is the name of the BaselineBackup that would be restored.
	// +optional
	Backup string `json:"backup,omitempty"`
	// sourceNamespace is the namespace of the backup that would be restored.
	// +optional
	SourceNamespace string `json:"sourceNamespace,omitempty"`
	// digest is the digest of the backup's content.
	// +kubebuilder:validation:MaxLength=71
	// +optional
	Digest string `json:"digest,omitempty"`
	// truncated reports whether the answer was too large and parts were left out. The fields that end in Omitted count them.
	// +optional
	Truncated bool `json:"truncated,omitempty"`
	// labels are the labels of the source namespace that the namespace would get.
	// +optional
	Labels map[string]string `json:"labels,omitempty"`
	// annotations are the annotations of the source namespace that the namespace would get.
	// +optional
	Annotations map[string]string `json:"annotations,omitempty"`
	// metadataOmitted counts the labels and annotations that were left out.
	// +optional
	MetadataOmitted int32 `json:"metadataOmitted,omitempty"`
	// counts are the numbers of objects by result, including those left out.
	// +optional
	Counts RestoreCounts `json:"counts,omitempty,omitzero"`
	// items lists the predicted result of each object, sorted by name, as "services/web: Created" or
	// "deployments.apps/web: Kept: was already there and differs". If there is no room for all, failed, kept and updated
	// objects have priority.
	// +kubebuilder:validation:MaxItems=20000
	// +listType=atomic
	// +optional
	Items []ObjectResult `json:"items,omitempty"`
	// itemsOmitted counts the items that were left out.
	// +optional
	ItemsOmitted int32 `json:"itemsOmitted,omitempty"`
	// warningCount counts the warnings, including those left out.
	// +optional
	WarningCount int32 `json:"warningCount,omitempty"`
	// warnings name the objects and fields that may not be as expected, never a value; at most 64.
	// +kubebuilder:validation:MaxItems=64
	// +listType=atomic
	// +optional
	Warnings []string `json:"warnings,omitempty"`
	// objects are the objects that would be created or updated, mapped to the namespace, in the order of
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

// Bounds of previews, which the API server holds in memory while they exist.
const (
	// MaxPreviewBytes bounds the status of a preview, encoded: an object of 1.5 MiB is more than etcd takes.
	MaxPreviewBytes = 1 << 20
	// MaxPreviewItems bounds the length of status.items.
	MaxPreviewItems = 20000
	// MaxPreviews bounds the number of previews. Seedbed refuses a preview that is created when so many exist.
	MaxPreviews = 64
	// MaxPreviewsOfNamespace bounds the number of previews of one namespace, so that a tenant of one namespace leaves room
	// for others.
	MaxPreviewsOfNamespace = 16
	// PreviewLifetime is the age at which a preview is deleted.
	PreviewLifetime = 10 * time.Minute
	// FleetPreviewLifetime is the age at which a preview of a fleet is deleted.
	FleetPreviewLifetime = time.Hour
)

// PreviewLeftOut replaces each value of a Secret among a preview's objects. It is not base64, so that the printed object
// is not mistaken for the Secret itself.
const PreviewLeftOut = "(left out)"

// BaselinePreviewList is a list of BaselinePreviews.
//
// +kubebuilder:object:root=true
type BaselinePreviewList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []BaselinePreview `json:"items"`
}
