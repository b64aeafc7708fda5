package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// RestoreUpdate reports the last update of a namespace from one revision of a Baseline to another. Only objects that differ
// between the two are written.
type RestoreUpdate struct {
	// phase is Completed or PartiallyFailed (some objects are still pending and are retried).
	// +kubebuilder:validation:Enum=Completed;PartiallyFailed
	// +optional
	Phase RestorePhase `json:"phase,omitempty"`
	// from is the revision that the namespace held before. While objects are pending, some have the content of that one.
	// +optional
	From RevisionContent `json:"from,omitempty,omitzero"`
	// superseded are revisions that were left for this one while objects were pending; at most five. Some objects may have the
	// content of one of them.
	// +kubebuilder:validation:MaxItems=5
	// +listType=atomic
	// +optional
	Superseded []RevisionContent `json:"superseded,omitempty"`
	// startTimestamp is the time when the first attempt began.
	// +optional
	StartTimestamp *metav1.Time `json:"startTimestamp,omitempty"`
	// completionTimestamp is the time when the last attempt ended; omitted while the first one is under way.
	// +optional
	CompletionTimestamp *metav1.Time `json:"completionTimestamp,omitempty"`
	// attempts is the number of attempts of this update. An incomplete one is retried, at most 5 minutes apart.
	// +optional
	Attempts int32 `json:"attempts,omitempty"`
	// counts are the numbers of objects by result, over all attempts.
	// +optional
	Counts UpdateCounts `json:"counts,omitempty,omitzero"`
	// objects lists the result of each object that differs between the two revisions; at most 64, those that were kept or
	// failed first.
	// +kubebuilder:validation:MaxItems=64
	// +listType=atomic
	// +optional
	Objects []ObjectResult `json:"objects,omitempty"`
	// omittedObjects is the number of objects that are counted and not listed in objects.
	// +optional
	OmittedObjects int32 `json:"omittedObjects,omitempty"`
	// pending names the objects still to be updated, sorted: at most 256 KiB.
	// +listType=atomic
	// +optional
	Pending []string `json:"pending,omitempty"`
	// omittedPending is the number of objects still to be updated when they are too many to be listed: pending is then
	// empty, and the next attempt checks every object.
	// +optional
	OmittedPending int32 `json:"omittedPending,omitempty"`
	// recreate names the pending objects that are deleted because their fields cannot be changed, and those that could not be
	// created; sorted. Their absence is no tenant's deletion. It is written before the first deletion.
	// +listType=atomic
	// +optional
	Recreate []string `json:"recreate,omitempty"`
	// baseMissing reports that the content of the earlier revision is gone: objects that anybody but Seedbed has changed are
	// then kept, because it is not known what they changed.
	// +optional
	BaseMissing bool `json:"baseMissing,omitempty"`
	// errorCount is the number of errors of the last attempt, including those left out of the list.
	// +optional
	ErrorCount int32 `json:"errorCount,omitempty"`
	// errors name the objects that could not be updated; at most 64.
	// +kubebuilder:validation:MaxItems=64
	// +listType=atomic
	// +optional
	Errors []string `json:"errors,omitempty"`
}

// UpdateCounts counts the objects that differ between two revisions by their result.
type UpdateCounts struct {
	// updated is the number of objects that were changed, or that had the new content already.
	// +optional
	Updated int32 `json:"updated"`
	// created is the number of objects that did not exist.
	// +optional
	Created int32 `json:"created"`
	// deleted is the number of objects that the newer backup lacks and that were deleted; see spec.rollout.prune of the Baseline.
	// +optional
	Deleted int32 `json:"deleted,omitempty"`
	// kept is the number of objects that were left alone, because they had been changed or deleted.
	// +optional
	Kept int32 `json:"kept"`
	// failed is the number of objects that could not be written so far.
	// +optional
	Failed int32 `json:"failed"`
}

// TrimLists removes the long lists of an update, so that informer caches stay small. It keeps the first error.
func (u *RestoreUpdate) TrimLists() {
	if u == nil {
		return
	}
	u.Objects, u.Pending, u.Recreate = nil, nil, nil
	if len(u.Errors) > 1 {
		u.Errors = u.Errors[:1]
	}
}

// IsUnderWay reports whether the update was recorded while it was made, because it was about to delete an object and create it
// anew. Unless the process that made it has ended, its result follows.
func (u *RestoreUpdate) IsUnderWay() bool {
	return u != nil && u.Phase != PhaseCompleted && u.CompletionTimestamp == nil
}

// IsComplete reports whether nothing of an update is pending. No update is complete.
func (u *RestoreUpdate) IsComplete() bool { return u == nil || u.Phase == PhaseCompleted }
