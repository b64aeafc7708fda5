package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// BaselineRecord records the restore of the Baseline of the same name into its namespace. Only Seedbed creates and changes
// it, once the objects are written, and seals it. A record without a valid seal proves nothing and is replaced. Delete a
// record to restore again. It has no status: generation counts the attempts, updates and drifts that were written.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:scope=Namespaced,shortName=brec,categories=seedbed
// +kubebuilder:printcolumn:name="Phase",type=string,JSONPath=`.result.phase`
// +kubebuilder:printcolumn:name="Backup",type=string,JSONPath=`.revision.backup`
// +kubebuilder:printcolumn:name="Created",type=integer,JSONPath=`.result.counts.created`
// +kubebuilder:printcolumn:name="Kept",type=integer,JSONPath=`.result.counts.kept`
// +kubebuilder:printcolumn:name="Failed",type=integer,JSONPath=`.result.counts.failed`
// +kubebuilder:printcolumn:name="Drifted",type=integer,JSONPath=`.drift.count`
// +kubebuilder:printcolumn:name="Warnings",type=integer,priority=1,JSONPath=`.result.warningCount`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type BaselineRecord struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// revision is the revision of the Baseline that the namespace holds. While result or update lists pending objects, it is
	// the one that they are to bring.
	// Records of versions without updates lack it.
	// +structType=atomic
	// +optional
	Revision RevisionContent `json:"revision,omitempty,omitzero"`
	// result reports the outcome of the attempts so far and the objects still pending. It is written as a whole, because
	// each field with owners of its own costs the API server as much as a small object, for every namespace.
	// +structType=atomic
	// +required
	Result RestoreResult `json:"result"`
	// update reports the last update to another revision; omitted if there was none. It is written as a whole.
	// +structType=atomic
	// +optional
	Update *RestoreUpdate `json:"update,omitempty"`
	// drift reports the objects that differ from the revision, and those that were put back; omitted if there are none. It is
	// written as a whole, and only when an audit finds something else than the one before. An update removes it.
	// +structType=atomic
	// +optional
	Drift *RecordedDrift `json:"drift,omitempty"`
	// runs are the runs before the present one, the oldest first; at most ten. Only a second run writes them. They are for people: the
	// seal does not cover them.
	// +kubebuilder:validation:MaxItems=10
	// +listType=atomic
	// +optional
	Runs []RecordedRun `json:"runs,omitempty"`
	// seal proves that Seedbed wrote the record: a key's identifier and an HMAC over the record's name, its namespace's UID,
	// revision, result, update and drift. The keys are in Seedbed's own namespace.
	// +kubebuilder:validation:MaxLength=128
	// +required
	Seal string `json:"seal"`
}

// BaselineRecordList is a list of BaselineRecords.
//
// +kubebuilder:object:root=true
type BaselineRecordList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []BaselineRecord `json:"items"`
}

// NamespaceUID returns the UID of the Namespace that owns the record, or "" if none does. It proves nothing by itself:
// the seal covers it.
func (r *BaselineRecord) NamespaceUID() types.UID {
	for i := range r.OwnerReferences {
		if owner := &r.OwnerReferences[i]; owner.APIVersion == "v1" && owner.Kind == "Namespace" {
			return owner.UID
		}
	}
	return ""
}

// HeldRevision returns the revision that the namespace holds, also of a record that has it in its result alone.
func (r *BaselineRecord) HeldRevision() RevisionContent {
	if r.Revision.Digest != "" {
		return r.Revision
	}
	return RevisionContent{
		Hash: r.Result.RevisionHash, Backup: r.Result.Backup, Digest: r.Result.Digest, SourceNamespace: r.Result.SourceNamespace,
		ContentDigest: r.Result.ContentDigest,
	}
}

// IsComplete reports whether nothing of the restore and of the last update is pending.
func (r *BaselineRecord) IsComplete() bool {
	return r.Result.Phase == PhaseCompleted && r.Update.IsComplete()
}

// IsSettled reports whether nothing is pending, or only objects that wait for a label or an annotation of the namespace.
func (r *BaselineRecord) IsSettled() bool {
	return r.IsComplete() || r.Result.AwaitsLabels && r.Update.IsComplete()
}

// HasDrifted reports whether the last audit found an object that differs and was not put back.
func (r *BaselineRecord) HasDrifted() bool { return r.Drift != nil && r.Drift.Count > 0 }

// HasKept reports whether the restore or the last update left an object alone.
func (r *BaselineRecord) HasKept() bool {
	return r.Result.Counts.Kept > 0 || r.Update != nil && r.Update.Counts.Kept > 0
}
