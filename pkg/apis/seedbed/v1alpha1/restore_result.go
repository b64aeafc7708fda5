package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// RestorePhase is how far a restore is, in the words that users of Ark and Velero know.
type RestorePhase string

// RestoreResult is what the attempts of one restore did and what is still to be done. Lists are bounded in bytes; what was
// cut is in the count beside the list.
type RestoreResult struct {
	// phase is InProgress before the first attempt has ended, then Completed, PartiallyFailed (something is still to be done;
	// it is tried again) or Failed (nothing can be restored as things are).
	// +kubebuilder:validation:Enum=New;InProgress;Completed;PartiallyFailed;Failed
	// +optional
	Phase RestorePhase `json:"phase,omitempty"`
	// startTimestamp is when the first attempt began.
	// +optional
	StartTimestamp *metav1.Time `json:"startTimestamp,omitempty"`
	// completionTimestamp is when the last attempt ended.
	// +optional
	CompletionTimestamp *metav1.Time `json:"completionTimestamp,omitempty"`
	// attempts is how often the restore ran. Attempts that leave something undone are repeated, at
	// most 5 minutes apart, and touch only what is still to be done.
	// +optional
	Attempts int32 `json:"attempts,omitempty"`
	// backup is the name of the BaselineBackup that was restored.
	// +optional
	Backup string `json:"backup,omitempty"`
	// sourceNamespace is the namespace of the backup that was restored.
	// +optional
	SourceNamespace string `json:"sourceNamespace,omitempty"`
	// digest of the archive that was restored.
	// +kubebuilder:validation:MaxLength=71
	// +optional
	Digest string `json:"digest,omitempty"`
	// revisionHash identifies the intent: digest, source namespace, mapping and copied namespace metadata.
	// +kubebuilder:validation:MaxLength=16
	// +optional
	RevisionHash string `json:"revisionHash,omitempty"`
	// contentDigest is of the objects to be written.
	// +kubebuilder:validation:MaxLength=71
	// +optional
	ContentDigest string `json:"contentDigest,omitempty"`
	// counts of objects, over all attempts.
	// +optional
	Counts RestoreCounts `json:"counts,omitempty,omitzero"`
	// objects are what became of each object, sorted: at most 128 KiB of them.
	// +listType=atomic
	// +optional
	Objects []ObjectResult `json:"objects,omitempty"`
	// omittedObjects is how many objects are counted and not listed in objects.
	// +optional
	OmittedObjects int32 `json:"omittedObjects,omitempty"`
	// pending names the objects still to be done, as "services/web" or "deployments.apps/web", sorted: at most 256 KiB of them.
	// +listType=atomic
	// +optional
	Pending []string `json:"pending,omitempty"`
	// omittedPending is how many objects are still to be done and not listed in pending, because they are too many to be
	// named: pending is then empty, and the next attempt looks at every object.
	// +optional
	OmittedPending int32 `json:"omittedPending,omitempty"`
	// guardsPending is true while something that guards or feeds Pods is still to be done.
	// +optional
	GuardsPending bool `json:"guardsPending,omitempty"`
	// provisional is true where the last attempt ran while one of Velero's Restores may have been making the namespace: all of
	// it is restored once more when that has ended.
	// +optional
	Provisional bool `json:"provisional,omitempty"`
	// podDefaults are what the API server's admission puts into the namespace's Pods because of what was restored; absent
	// where that is nothing. The chart's gate reads them.
	// +optional
	PodDefaults *PodDefaults `json:"podDefaults,omitempty"`
	// warningCount is how many warnings there are, those cut from the list included.
	// +optional
	WarningCount int32 `json:"warningCount,omitempty"`
	// warnings name object and field of what may not be as expected; at most 64. Never a value.
	// +kubebuilder:validation:MaxItems=64
	// +listType=atomic
	// +optional
	Warnings []string `json:"warnings,omitempty"`
	// errorCount is how many errors the last attempt had, those cut from the list included.
	// +optional
	ErrorCount int32 `json:"errorCount,omitempty"`
	// errors name the objects that could not be restored; at most 64.
	// +kubebuilder:validation:MaxItems=64
	// +listType=atomic
	// +optional
	Errors []string `json:"errors,omitempty"`
}

// RestoreCounts counts objects by what became of them.
type RestoreCounts struct {
	// total is how many objects the restore is about.
	// +optional
	Total int32 `json:"total"`
	// created did not exist.
	// +optional
	Created int32 `json:"created"`
	// updated existed and were made like the backup's, or were merged with it.
	// +optional
	Updated int32 `json:"updated"`
	// unchanged existed and were like the backup's already.
	// +optional
	Unchanged int32 `json:"unchanged"`
	// kept existed, differed, and were left alone.
	// +optional
	Kept int32 `json:"kept"`
	// skipped are in the backup and are not restored by rule.
	// +optional
	Skipped int32 `json:"skipped"`
	// failed could not be written, so far.
	// +optional
	Failed int32 `json:"failed"`
}

// PodDefaults are what the API server's own admission puts into a Pod for good when it is created, because of objects in
// its namespace: pull secrets of its ServiceAccount, and the defaults of LimitRanges.
type PodDefaults struct {
	// pullSecretAccounts are the ServiceAccounts whose Pods get pull secrets, sorted: at most 8 KiB of names. Pods of accounts
	// beyond that are not looked at by the gate.
	// +listType=atomic
	// +optional
	PullSecretAccounts []string `json:"pullSecretAccounts,omitempty"`
	// limits are the resources that every container gets a default limit of, sorted.
	// +listType=atomic
	// +optional
	Limits []string `json:"limits,omitempty"`
	// requests are the resources that every container gets a default request of, sorted.
	// +listType=atomic
	// +optional
	Requests []string `json:"requests,omitempty"`
}

// TrimLists removes the long lists of a result, as the informer caches have it. The first error stays, because conditions show it.
func (r *RestoreResult) TrimLists() {
	r.Objects, r.Pending, r.Warnings, r.PodDefaults = nil, nil, nil, nil
	if len(r.Errors) > 1 {
		r.Errors = r.Errors[:1]
	}
}
