package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// BaselinePreview asks what a restore would do, and writes nothing. It is never stored: create it with
// --dry-run=server, and the answer has the status filled in. It needs the verb "create" on
// baselinepreviews and the verb "restore" on the backup.
//
// What one object of a backup does to another (a ResourceQuota that leaves no room for a Pod) shows only
// when they are restored.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:scope=Cluster
// +kubebuilder:validation:XValidation:rule="has(self.status)",message="nobody filled the preview in: the webhook preview.seedbed.dev is missing, so see whether Seedbed is installed as a whole"
type BaselinePreview struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says what would be restored, and where to.
	// +required
	Spec BaselinePreviewSpec `json:"spec"`
	// status is what the restore would do. Seedbed sets it in the answer.
	// +optional
	Status BaselinePreviewStatus `json:"status,omitempty,omitzero"`
}

// BaselinePreviewSpec says what would be restored, and where to.
//
// +kubebuilder:validation:XValidation:rule="has(self.baseline) != has(self.backup)",message="set exactly one of baseline and backup"
// +kubebuilder:validation:XValidation:rule="has(self.backup) || (!has(self.sourceNamespace) && !has(self.existingResources))",message="sourceNamespace and existingResources go with backup: a Baseline has its own"
type BaselinePreviewSpec struct {
	// namespace is the one that would be restored into. It need not exist.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +required
	Namespace string `json:"namespace"`
	// baseline is the name of the Baseline that would be restored, by its rules.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +optional
	Baseline string `json:"baseline,omitempty"`
	// backup is the name of the BaselineBackup that would be restored by hand.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +optional
	Backup string `json:"backup,omitempty"`
	// sourceNamespace is the namespace of the backup that would be restored. Needed only when the backup
	// holds several; when omitted it is the one that the backup holds.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +optional
	SourceNamespace string `json:"sourceNamespace,omitempty"`
	// existingResources says what would happen to an object that is already there: Keep (when omitted)
	// leaves it alone; Update makes it like the backup's.
	// +kubebuilder:validation:Enum=Keep;Update
	// +optional
	ExistingResources ExistingResources `json:"existingResources,omitempty"`
	// objects asks for the objects themselves as well, as they would be written. Not when omitted.
	// +optional
	Objects bool `json:"objects,omitempty"`
}

// BaselinePreviewStatus is what the restore would do.
type BaselinePreviewStatus struct {
	// namespaceExists says whether the namespace is there now. One that is not would be empty but for what
	// every new namespace has.
	// +optional
	NamespaceExists bool `json:"namespaceExists"`
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
	// labels of the source namespace that the namespace would get.
	// +optional
	Labels map[string]string `json:"labels,omitempty"`
	// annotations of the source namespace that the namespace would get.
	// +optional
	Annotations map[string]string `json:"annotations,omitempty"`
	// counts of the objects by what would become of them.
	// +optional
	Counts RestoreCounts `json:"counts,omitempty,omitzero"`
	// items says what would become of each object, sorted by their names; what is beyond 20000 is cut.
	// +kubebuilder:validation:MaxItems=20000
	// +listType=atomic
	// +optional
	Items []PreviewItem `json:"items,omitempty"`
	// warningCount is how many warnings there are, those cut from the list included.
	// +optional
	WarningCount int32 `json:"warningCount,omitempty"`
	// warnings name object and field of what may not be as expected; at most 64, the last one says
	// what was cut. Never a value.
	// +kubebuilder:validation:MaxItems=64
	// +listType=atomic
	// +optional
	Warnings []string `json:"warnings,omitempty"`
	// objects are those that would be written (created, updated), mapped to the namespace, in the order of
	// the restore. The values of Secrets are left out.
	// +kubebuilder:validation:items:XPreserveUnknownFields
	// +listType=atomic
	// +optional
	Objects []runtime.RawExtension `json:"objects,omitempty"`
}

// PreviewItem says what would become of one object.
type PreviewItem struct {
	// object is its resource and name, as "services/web" or "deployments.apps/web".
	// +required
	Object string `json:"object"`
	// result is what would be done: Create it; Update, or merge with, what is there; Keep what is there
	// although it differs; nothing, since it is there Unchanged; Skip it by rule; or Fail.
	// +kubebuilder:validation:Enum=Create;Update;Unchanged;Keep;Skip;Fail
	// +required
	Result PreviewResult `json:"result"`
	// reason is why, in one clause; empty where there is nothing to say. Never a value of the object.
	// +optional
	Reason string `json:"reason,omitempty"`
}

// PreviewResult says what would become of an object.
type PreviewResult string

// Values of PreviewResult.
const (
	PreviewCreate    PreviewResult = "Create"
	PreviewUpdate    PreviewResult = "Update"
	PreviewUnchanged PreviewResult = "Unchanged"
	PreviewKeep      PreviewResult = "Keep"
	PreviewSkip      PreviewResult = "Skip"
	PreviewFail      PreviewResult = "Fail"
)

// PreviewLeftOut stands for each value of a Secret among a preview's objects. It is no base64, so that what was
// printed is not taken for the Secret itself.
const PreviewLeftOut = "(left out)"

// BaselinePreviewList is a list of BaselinePreviews, which is always empty.
//
// +kubebuilder:object:root=true
type BaselinePreviewList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []BaselinePreview `json:"items"`
}
