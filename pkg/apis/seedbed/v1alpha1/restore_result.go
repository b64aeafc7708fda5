package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// RestorePhase is the phase of a restore, in the words that users of Ark and Velero know.
type RestorePhase string

// RestoreResult reports the outcome of the attempts of one restore and the objects still pending. Lists are bounded in
// bytes; a count beside each list covers the entries left out.
type RestoreResult struct {
	// phase is InProgress until the first attempt ends, then Completed, PartiallyFailed (some objects are still pending and
	// are retried) or Failed (no object can be restored as things are).
	// +kubebuilder:validation:Enum=New;InProgress;Completed;PartiallyFailed;Failed
	// +optional
	Phase RestorePhase `json:"phase,omitempty"`
	// startTimestamp is the time when the first attempt began.
	// +optional
	StartTimestamp *metav1.Time `json:"startTimestamp,omitempty"`
	// completionTimestamp is the time when the last attempt ended.
	// +optional
	CompletionTimestamp *metav1.Time `json:"completionTimestamp,omitempty"`
	// attempts is the number of times the restore ran. An incomplete restore is retried, at most 5 minutes
	// apart, and a retry writes only the objects still pending.
	// +optional
	Attempts int32 `json:"attempts,omitempty"`
	// backup is the name of the BaselineBackup that was restored.
	// +optional
	Backup string `json:"backup,omitempty"`
	// sourceNamespace is the namespace of the backup that was restored.
	// +optional
	SourceNamespace string `json:"sourceNamespace,omitempty"`
	// digest is the digest of the archive that was restored.
	// +kubebuilder:validation:MaxLength=71
	// +optional
	Digest string `json:"digest,omitempty"`
	// revisionHash identifies the intent: digest, source namespace, mapping and copied namespace metadata.
	// +kubebuilder:validation:MaxLength=16
	// +optional
	RevisionHash string `json:"revisionHash,omitempty"`
	// contentDigest is the digest of the objects to be written.
	// +kubebuilder:validation:MaxLength=71
	// +optional
	ContentDigest string `json:"contentDigest,omitempty"`
	// counts are the numbers of objects by result, over all attempts.
	// +optional
	Counts RestoreCounts `json:"counts,omitempty,omitzero"`
	// objects lists the result of each object, sorted: at most 128 KiB.
	// +listType=atomic
	// +optional
	Objects []ObjectResult `json:"objects,omitempty"`
	// omittedObjects is the number of objects that are counted and not listed in objects.
	// +optional
	OmittedObjects int32 `json:"omittedObjects,omitempty"`
	// pending names the objects still to be restored, as "services/web" or "deployments.apps/web", sorted: at most 256 KiB.
	// +listType=atomic
	// +optional
	Pending []string `json:"pending,omitempty"`
	// omittedPending is the number of objects still to be restored when they are too many to be listed:
	// pending is then empty, and the next attempt checks every object.
	// +optional
	OmittedPending int32 `json:"omittedPending,omitempty"`
	// awaitsLabels reports whether all pending objects wait for a label or an annotation of the namespace that a rule of spec.values or
	// spec.include needs.
	// +optional
	AwaitsLabels bool `json:"awaitsLabels,omitempty"`
	// guardsPending reports whether an object that guards or feeds Pods is still to be restored.
	// +optional
	GuardsPending bool `json:"guardsPending,omitempty"`
	// provisional reports whether the last attempt ran while one of Velero's Restores may have been creating the namespace.
	// All objects are then restored once more after that Restore has ended.
	// +optional
	Provisional bool `json:"provisional,omitempty"`
	// podDefaults are the fields that the API server's admission adds to the namespace's Pods because of restored objects;
	// omitted if there are none. The chart's gate reads them.
	// +optional
	PodDefaults *PodDefaults `json:"podDefaults,omitempty"`
	// warningCount is the number of warnings, including those left out of the list.
	// +optional
	WarningCount int32 `json:"warningCount,omitempty"`
	// warnings name the objects and fields that may not be as expected, never a value; at most 64.
	// +kubebuilder:validation:MaxItems=64
	// +listType=atomic
	// +optional
	Warnings []string `json:"warnings,omitempty"`
	// errorCount is the number of errors of the last attempt, including those left out of the list.
	// +optional
	ErrorCount int32 `json:"errorCount,omitempty"`
	// errors name the objects that could not be restored; at most 64.
	// +kubebuilder:validation:MaxItems=64
	// +listType=atomic
	// +optional
	Errors []string `json:"errors,omitempty"`
}

// RestoreCounts counts objects by their result.
type RestoreCounts struct {
	// total is the number of objects to restore.
	// +optional
	Total int32 `json:"total"`
	// created is the number of objects that did not exist.
	// +optional
	Created int32 `json:"created"`
	// updated is the number of objects that existed and were changed to match the backup's, or merged with them.
	// +optional
	Updated int32 `json:"updated"`
	// unchanged is the number of objects that existed and already matched the backup's.
	// +optional
	Unchanged int32 `json:"unchanged"`
	// deleted is the number of objects that the newer backup lacks and that an update deletes; only previews of updates have it.
	// +optional
	Deleted int32 `json:"deleted,omitempty"`
	// kept is the number of objects that existed, differed, and were left unchanged.
	// +optional
	Kept int32 `json:"kept"`
	// skipped is the number of objects in the backup that a rule excludes from the restore.
	// +optional
	Skipped int32 `json:"skipped"`
	// failed is the number of objects that could not be written so far.
	// +optional
	Failed int32 `json:"failed"`
}

// PodDefaults are the fields that the API server's own admission adds to a Pod when it is created, because of objects in
// its namespace: pull secrets of its ServiceAccount, and the defaults of LimitRanges. They cannot be added later.
type PodDefaults struct {
	// pullSecretAccounts are the ServiceAccounts whose Pods get pull secrets, sorted: at most 8 KiB of names. The gate does not
	// check Pods of further accounts.
	// +listType=atomic
	// +optional
	PullSecretAccounts []string `json:"pullSecretAccounts,omitempty"`
	// limits are the resources for which every container gets a default limit, sorted.
	// +listType=atomic
	// +optional
	Limits []string `json:"limits,omitempty"`
	// requests are the resources for which every container gets a default request, sorted.
	// +listType=atomic
	// +optional
	Requests []string `json:"requests,omitempty"`
}

// TrimLists removes the long lists of a result, so that informer caches stay small. It keeps the first error, because
// conditions show it.
func (r *RestoreResult) TrimLists() {
	r.Objects, r.Pending, r.Warnings, r.PodDefaults = nil, nil, nil, nil
	if len(r.Errors) > 1 {
		r.Errors = r.Errors[:1]
	}
}
