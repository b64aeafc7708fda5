package backup

import (
	"context"
	"fmt"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/kube"
)

// retryPartialFor is the time during which a capture that a transient error left incomplete is retried. Afterwards the backup is
// PartiallyFailed with the other objects, because the API of one kind may be away for days.
const retryPartialFor = time.Minute

// acceptsPartial reports whether a backup has been retried for retryPartialFor.
func acceptsPartial(backup *v1alpha1.BaselineBackup, now time.Time) bool {
	began := backup.Status.StartTimestamp
	return began != nil && now.Sub(began.Time) > retryPartialFor
}

// postponeBackup writes an error into the condition of a backup, and returns it so that the capture is retried with backoff: an error
// that is not about the selection never ends a backup. The attempt has ended and is not counted any more, so that a controller that is
// killed while the backup waits does not count either.
func (r *Reconciler) postponeBackup(ctx context.Context, backup *v1alpha1.BaselineBackup, why error) error {
	status := startedStatus(backup, r.Clock.Now())
	status.Attempts = max(0, status.Attempts-1)
	message := v1alpha1.Cut(fmt.Sprintf("The capture failed and is retried: %v", why))
	v1alpha1.SetPhase(&status.Conditions, backup.Generation, v1alpha1.PhaseInProgress, message)
	if err := kube.PatchStatus(ctx, r.Client, v1alpha1.FieldManager, backup.DeepCopy(), status, "attempts"); err != nil {
		ctrl.LoggerFrom(ctx).Info("Could not write why a backup waits", "backup", backup.Name, "reason", err.Error())
	} else {
		r.attempts.begun.Delete(backup.UID)
	}
	return fmt.Errorf("capturing backup %s: %w", backup.Name, why)
}
