package backup

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/kube"
)

// maxBackupAttempts bounds how many controllers may be killed while they take a backup. The third would most likely be killed too,
// and everything else that it does with it.
const maxBackupAttempts = 2

// returnAttemptTimeout bounds the write that subtracts an attempt at an orderly shutdown.
const returnAttemptTimeout = 5 * time.Second

// backupAttempts has the UIDs of the backups that this process has begun to take. Each counts one attempt, however often it is
// retried. The zero value is empty.
type backupAttempts struct{ begun sync.Map }

func (a *backupAttempts) hasBegun(uid types.UID) bool {
	_, begun := a.begun.Load(uid)
	return begun
}

// checkLimit returns an error if maxBackupAttempts controllers were killed while they took a backup.
func (a *backupAttempts) checkLimit(backup *v1alpha1.BaselineBackup) error {
	if a.hasBegun(backup.UID) || backup.Status.Attempts < maxBackupAttempts {
		return nil
	}
	return fmt.Errorf("%d controllers ended without warning while they took this backup, and it is not retried: find out why they ended; "+
		"if they reached their memory limit (OOMKilled), raise resources.limits.memory or select less, and create the backup again", backup.Status.Attempts)
}

// returnAttempt subtracts this process's attempt at a backup, because an orderly shutdown is not the backup's fault. The attempt
// stays counted if the write fails.
func (r *Reconciler) returnAttempt(ctx context.Context, backup *v1alpha1.BaselineBackup) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), returnAttemptTimeout)
	defer cancel()
	status := v1alpha1.BaselineBackupStatus{Attempts: backup.Status.Attempts - 1}
	if err := kube.PatchStatus(ctx, r.Client, v1alpha1.FieldManager, backup.DeepCopy(), status, "attempts"); err != nil {
		ctrl.LoggerFrom(ctx).Info("Could not subtract an attempt", "backup", backup.Name, "reason", err.Error())
		return
	}
	r.attempts.begun.Delete(backup.UID)
}

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
