package controller

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/capture"
)

// started is a backup's status from its beginning on: pure, as are failed and ended.
func startedStatus(backup *v1alpha1.BaselineBackup) v1alpha1.BaselineBackupStatus {
	now := metav1.Now()
	status := v1alpha1.BaselineBackupStatus{
		Conditions:         append([]metav1.Condition(nil), backup.Status.Conditions...),
		ObservedGeneration: backup.Generation,
		StartTimestamp:     backup.Status.StartTimestamp,
		Expiration:         expirationOf(backup),
		Attempts:           backup.Status.Attempts,
	}
	if status.StartTimestamp == nil {
		status.StartTimestamp = &now
	}
	return status
}

func failedStatus(backup *v1alpha1.BaselineBackup, why error) v1alpha1.BaselineBackupStatus {
	status, now := startedStatus(backup), metav1.Now()
	status.CompletionTimestamp = &now
	status.Errors = v1alpha1.Bound([]string{why.Error()})
	setPhase(&status.Conditions, backup.Generation, v1alpha1.PhaseFailed, status.Errors[0])
	return status
}

func endedStatus(backup *v1alpha1.BaselineBackup, kept *capture.Kept) v1alpha1.BaselineBackupStatus {
	status, now := startedStatus(backup), metav1.Now()
	status.CompletionTimestamp = &now
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
	setPhase(&status.Conditions, backup.Generation, phase, v1alpha1.Cut(message))
	return status
}

// isAdoption reports whether content was stored for another backup of this name: an earlier attempt at this very one is no
// adoption. Clocks decide only about content that does not have for which it was stored.
func isAdoption(backup *v1alpha1.BaselineBackup, kept *capture.Kept) bool {
	if kept.TakenFor != "" {
		return kept.TakenFor != backup.UID
	}
	return kept.Stored.Before(backup.CreationTimestamp.Time)
}

// expiration is when the backup's time is over; nil is never.
func expirationOf(backup *v1alpha1.BaselineBackup) *metav1.Time {
	if backup.Spec.TTL == nil {
		return nil
	}
	at := metav1.NewTime(backup.CreationTimestamp.Add(backup.Spec.TTL.Duration))
	return &at
}

func itemsBackedUp(status *v1alpha1.BaselineBackupStatus) int32 {
	if status.Progress == nil {
		return 0
	}
	return status.Progress.ItemsBackedUp
}
