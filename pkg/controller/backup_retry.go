package controller

import (
	"context"
	"fmt"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// wholeFor is how long a backup is taken anew while a transient error leaves objects out. Afterwards it is PartiallyFailed with
// the others: the API of one kind may be away for days.
const retryPartialFor = time.Minute

// takesPartial reports whether a backup has been tried for wholeFor.
func acceptsPartial(backup *v1alpha1.BaselineBackup) bool {
	began := backup.Status.StartTimestamp
	return began != nil && time.Since(began.Time) > retryPartialFor
}

// postponeBackup sets the reason why a backup is not taken yet in its condition, and returns the error so that it is taken again,
// with backoff. An error that is not about the selection never ends a backup. Nor does a controller that is killed while the backup
// waits: the attempt has ended, so it is not counted any more.
func (r *BackupReconciler) postponeBackup(ctx context.Context, backup *v1alpha1.BaselineBackup, why error) error {
	status := startedStatus(backup)
	status.Attempts = max(0, status.Attempts-1)
	message := v1alpha1.Cut(fmt.Sprintf("It could not be taken yet and is tried again: %v", why))
	setPhase(&status.Conditions, backup.Generation, v1alpha1.PhaseInProgress, message)
	if err := patchStatus(ctx, r.Client, backup.DeepCopy(), status, "attempts"); err != nil {
		ctrl.LoggerFrom(ctx).Info("Could not show why a backup waits", "backup", backup.Name, "reason", err.Error())
	} else {
		r.attempts.removeBegun(backup.UID)
	}
	return fmt.Errorf("taking backup %s: %w", backup.Name, why)
}
