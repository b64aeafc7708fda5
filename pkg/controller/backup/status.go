package backup

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/capture"
)

// startedStatus returns the status of a backup that is being captured. It is pure, as are failedStatus and endedStatus.
func startedStatus(backup *v1alpha1.BaselineBackup, now time.Time) v1alpha1.BaselineBackupStatus {
	status := v1alpha1.BaselineBackupStatus{
		Conditions:         append([]metav1.Condition(nil), backup.Status.Conditions...),
		ObservedGeneration: backup.Generation,
		StartTimestamp:     backup.Status.StartTimestamp,
		Expiration:         expirationOf(backup),
		Attempts:           backup.Status.Attempts,
	}
	if status.StartTimestamp == nil {
		status.StartTimestamp = &metav1.Time{Time: now}
	}
	return status
}

// failedStatus returns the status of a backup that an error ended.
func failedStatus(backup *v1alpha1.BaselineBackup, now time.Time, err error) v1alpha1.BaselineBackupStatus {
	status := startedStatus(backup, now)
	status.CompletionTimestamp = &metav1.Time{Time: now}
	status.Errors = v1alpha1.Bound([]string{err.Error()})
	v1alpha1.SetPhase(&status.Conditions, backup.Generation, v1alpha1.PhaseFailed, status.Errors[0])
	return status
}

// endedStatus returns the status of a backup whose content is stored. A backup that captured nothing is Failed.
func endedStatus(backup *v1alpha1.BaselineBackup, now time.Time, kept *capture.StoredBackup) v1alpha1.BaselineBackupStatus {
	status := startedStatus(backup, now)
	status.CompletionTimestamp = &metav1.Time{Time: now}
	status.FormatVersion = kept.FormatVersion
	status.Progress = &v1alpha1.BackupProgress{TotalItems: kept.Items, ItemsBackedUp: kept.Items}
	status.ItemCounts = kept.Counts
	status.SizeBytes, status.Digest = kept.Size, kept.Digest
	status.Warnings, status.Errors = v1alpha1.Bound(kept.Warnings), v1alpha1.Bound(kept.Errors)
	status.Adopted = isAdoption(backup, kept)
	phase, message := v1alpha1.PhaseCompleted, fmt.Sprintf("%d objects backed up", kept.Items)
	switch {
	case kept.Items == 0 && len(status.Errors) > 0:
		phase, message = v1alpha1.PhaseFailed, status.Errors[0]
	case kept.Items == 0:
		phase, message = v1alpha1.PhaseFailed, "nothing was found to back up: check the namespaces, resources and labels that are selected"
		status.Errors = []string{message}
	case len(status.Errors) > 0:
		phase, message = v1alpha1.PhasePartiallyFailed, fmt.Sprintf("%d objects backed up; first error: %s", kept.Items, status.Errors[0])
	case status.Adopted:
		message = fmt.Sprintf("%d objects: content stored before was adopted", kept.Items)
	}
	v1alpha1.SetPhase(&status.Conditions, backup.Generation, phase, v1alpha1.Cut(message))
	return status
}

// isAdoption reports whether content was stored for another backup of this name. An earlier attempt at the same backup is no
// adoption. Clocks decide only if the content does not name the backup that it was stored for.
func isAdoption(backup *v1alpha1.BaselineBackup, kept *capture.StoredBackup) bool {
	if kept.TakenFor != "" {
		return kept.TakenFor != backup.UID
	}
	return kept.Stored.Before(backup.CreationTimestamp.Time)
}

// expirationOf returns the time at which a backup's ttl ends, or nil without a ttl.
func expirationOf(backup *v1alpha1.BaselineBackup) *metav1.Time {
	if backup.Spec.TTL == nil {
		return nil
	}
	at := metav1.NewTime(backup.CreationTimestamp.Add(backup.Spec.TTL.Duration))
	return &at
}
