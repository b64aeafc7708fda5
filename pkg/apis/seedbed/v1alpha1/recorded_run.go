package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// MaxRecordedRuns bounds the earlier runs that a record has.
const MaxRecordedRuns = 10

// RecordedRun is an earlier restore or update of a namespace.
type RecordedRun struct {
	// revisionHash is the revision that the run brought.
	// +kubebuilder:validation:MaxLength=16
	// +optional
	RevisionHash string `json:"revisionHash,omitempty"`
	// backup is the name of the BaselineBackup that had its content.
	// +kubebuilder:validation:MaxLength=63
	// +optional
	Backup string `json:"backup,omitempty"`
	// cause is Restore, which populated the namespace, or Rollout.
	// +kubebuilder:validation:Enum=Restore;Rollout
	// +optional
	Cause RunCause `json:"cause,omitempty"`
	// phase is Completed, or PartiallyFailed for a run that the next one superseded.
	// +optional
	Phase RestorePhase `json:"phase,omitempty"`
	// completionTimestamp is the time when its last attempt ended.
	// +optional
	CompletionTimestamp *metav1.Time `json:"completionTimestamp,omitempty"`
	// counts are the numbers of objects by result; objects that were equal already count as updated.
	// +optional
	Counts UpdateCounts `json:"counts,omitempty,omitzero"`
}

// RunCause is the reason of a run.
type RunCause string

// Values of RunCause.
const (
	RunCauseRestore RunCause = "Restore"
	RunCauseRollout RunCause = "Rollout"
)
