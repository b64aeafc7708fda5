package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// RevisionContent identifies what a Baseline writes, and the stored content that it comes from.
type RevisionContent struct {
	// hash identifies the intent: digest, source namespace, mapping, copied namespace metadata, values and include. An upgrade of
	// Seedbed does not change it.
	// +kubebuilder:validation:MaxLength=16
	// +optional
	Hash string `json:"hash,omitempty"`
	// backup is the name of the BaselineBackup.
	// +optional
	Backup string `json:"backup,omitempty"`
	// digest is the digest of the backup's archive.
	// +kubebuilder:validation:MaxLength=71
	// +optional
	Digest string `json:"digest,omitempty"`
	// sourceNamespace is the Baseline's spec.sourceNamespace.
	// +optional
	SourceNamespace string `json:"sourceNamespace,omitempty"`
	// mapping is the Baseline's spec.mapping.
	// +kubebuilder:validation:Enum=References;ReferencesAndText
	// +optional
	Mapping Mapping `json:"mapping,omitempty"`
	// contentDigest is the digest of the objects that are written.
	// +kubebuilder:validation:MaxLength=71
	// +optional
	ContentDigest string `json:"contentDigest,omitempty"`
	// valuesHash, in a record, identifies the rules for values and include, and the labels and annotations of the namespace that
	// they read; omitted if there are no such rules. "mixed" marks objects that were written while these changed.
	// +kubebuilder:validation:MaxLength=16
	// +optional
	ValuesHash string `json:"valuesHash,omitempty"`
	// leftOut, in a record, lists the objects that include has left out of the namespace, sorted; at most 64.
	// +kubebuilder:validation:MaxItems=64
	// +listType=atomic
	// +optional
	LeftOut []string `json:"leftOut,omitempty"`
}

// BaselineRevision is a revision in the history of a Baseline.
type BaselineRevision struct {
	// revision is its number.
	// +required
	Revision        int64 `json:"revision"`
	RevisionContent `json:",inline"`
	// namespaceMetadata is the Baseline's spec.namespaceMetadata.
	// +optional
	NamespaceMetadata *NamespaceMetadata `json:"namespaceMetadata,omitempty"`
	BaselineRules     `json:",inline"`
	// timestamp is the time when the Baseline got this revision.
	// +optional
	Timestamp metav1.Time `json:"timestamp,omitempty,omitzero"`
	// rolledOutTimestamp is the time when every namespace that should hold the Baseline had it; omitted if that was never so.
	// New namespaces get the last such revision while a later one is being rolled out.
	// +optional
	RolledOutTimestamp *metav1.Time `json:"rolledOutTimestamp,omitempty"`
}

const (
	// ValuesMixed is the ValuesHash of objects that were written while the rules, or the labels that they read, changed.
	ValuesMixed = "mixed"
	// MaxLeftOut bounds RevisionContent.LeftOut.
	MaxLeftOut = 64
)

// MaxHistory bounds the history of a Baseline: the present revision and five before it.
const MaxHistory = 6
