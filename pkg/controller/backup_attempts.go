package controller

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// maxBackupAttempts is how many controllers may be killed while they take a backup: the third would most likely be as well,
// and with it what else it does.
const maxBackupAttempts = 2

// giveBackTimeout bounds the write that takes an attempt back when the controller ends in order.
const returnAttemptTimeout = 5 * time.Second

// backupAttempts are the backups that this process has begun to take: each counts one attempt, however often it is tried again.
// The zero value has none.
type backupAttempts struct {
	mu    sync.Mutex
	begun map[types.UID]bool
}

func (a *backupAttempts) hasBegun(uid types.UID) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.begun[uid]
}

func (a *backupAttempts) addBegun(uid types.UID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.begun == nil {
		a.begun = map[types.UID]bool{}
	}
	a.begun[uid] = true
}

func (a *backupAttempts) removeBegun(uid types.UID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.begun, uid)
}

// cutOff returns an error when as many controllers as may be have been killed while they took a backup.
func (a *backupAttempts) checkLimit(backup *v1alpha1.BaselineBackup) error {
	if a.hasBegun(backup.UID) || backup.Status.Attempts < maxBackupAttempts {
		return nil
	}
	return fmt.Errorf("%d controllers ended without warning while they took this backup, and it is not tried again: look why they ended; "+
		"where it was their memory limit (OOMKilled), raise resources.limits.memory, or select less, and create the backup again", backup.Status.Attempts)
}

// giveBack takes this process's attempt at a backup back, since the process ends in order. Where that cannot be written, the
// attempt is counted.
func (r *BackupReconciler) returnAttempt(ctx context.Context, backup *v1alpha1.BaselineBackup) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), returnAttemptTimeout)
	defer cancel()
	status := v1alpha1.BaselineBackupStatus{Attempts: backup.Status.Attempts - 1}
	if err := patchStatus(ctx, r.Client, backup.DeepCopy(), status, "attempts"); err != nil {
		ctrl.LoggerFrom(ctx).Info("Could not take back an attempt", "backup", backup.Name, "reason", err.Error())
		return
	}
	r.attempts.removeBegun(backup.UID)
}
