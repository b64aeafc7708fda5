package controller

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/capture"
	"seedbed.dev/seedbed/pkg/controller/authorization"
)

// backupsAtOnce bounds how many backups are looked at a time. One of them is taken: the others are deleted, expire, or wait.
const maxConcurrentBackups = 4

// Keeper takes backups and keeps their content.
type Keeper interface {
	// Find returns what is stored under the backup's name for its selection; nil when nothing is. Content of that name
	// that this backup cannot adopt is an error, capture.ErrUnusable or capture.ErrOtherSelection.
	Find(ctx context.Context, backup *v1alpha1.BaselineBackup) (*capture.Kept, error)
	// Take captures a backup's selection and stores it. A transient error that leaves objects out is returned, unless partial
	// is set.
	Take(ctx context.Context, backup *v1alpha1.BaselineBackup, partial bool, progress func(found, written int32)) (*capture.Kept, error)
	// Forget removes the backup's content; content of that name with another selection stays.
	Forget(ctx context.Context, backup *v1alpha1.BaselineBackup) error
}

// BackupReview decides which backups were reviewed.
type BackupReview interface {
	// Check returns an error that wraps authorization.ErrNotReviewed unless a backup that was created at that time was reviewed.
	Check(ctx context.Context, created metav1.Time) error
}

// BackupRecorder records backups that ended.
type BackupRecorder interface {
	Backup(phase string, took time.Duration)
}

// BackupReconciler takes backups, adopts stored ones, lets them expire and removes their content.
type BackupReconciler struct {
	Client client.Client
	// Live reads past the cache.
	Live     client.Reader
	Keeper   Keeper
	Review   BackupReview
	Recorder BackupRecorder
	Events   events.EventRecorder
	// Clock is the API server's, which sets the creation times that a ttl begins with.
	ServerClock ServerClock

	attempts backupAttempts
}

// SetupWithManager watches backups, and Baselines since their use of a backup holds it.
func (r *BackupReconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("backup").
		For(&v1alpha1.BaselineBackup{}).
		Watches(&v1alpha1.Baseline{}, handler.Funcs{
			UpdateFunc: enqueueReplaced, DeleteFunc: enqueueReleased,
		}).
		WithOptions(controller.Options{MaxConcurrentReconciles: maxConcurrentBackups, RateLimiter: rateLimiter(), LogConstructor: logsOf(mgr, "backup")}).
		Complete(r)
}

// Reconcile brings one backup to its end, and to the end of its time.
func (r *BackupReconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	backup := &v1alpha1.BaselineBackup{}
	if err := r.Client.Get(ctx, request.NamespacedName, backup); err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	if !isEnded(backup) {
		// The cache may not show the end that was written a moment ago: it must not be taken again.
		if err := r.Live.Get(ctx, request.NamespacedName, backup); err != nil {
			return reconcile.Result{}, client.IgnoreNotFound(err)
		}
	}
	if backup.DeletionTimestamp != nil {
		return reconcile.Result{}, r.finalizeBackup(ctx, backup)
	}
	if controllerutil.AddFinalizer(backup, v1alpha1.FinalizerContent) {
		if err := r.Client.Update(ctx, backup, client.FieldOwner(v1alpha1.FieldManager)); err != nil {
			return reconcile.Result{}, client.IgnoreNotFound(fmt.Errorf("adding the finalizer to backup %s: %w", backup.Name, err))
		}
	}
	if isEnded(backup) {
		return r.expireBackup(ctx, backup)
	}
	return reconcile.Result{}, ignoreGone(r.adoptOrCapture(ctx, backup))
}

// over says whether a backup was taken, well or not.
func isEnded(backup *v1alpha1.BaselineBackup) bool {
	switch phaseOf(backup.Status.Conditions) {
	case v1alpha1.PhaseCompleted, v1alpha1.PhasePartiallyFailed, v1alpha1.PhaseFailed:
		return true
	}
	return false
}

// take adopts what is stored, or takes the backup. One that a restart cut off is still InProgress and
// comes here again, until too many were cut off.
func (r *BackupReconciler) adoptOrCapture(ctx context.Context, backup *v1alpha1.BaselineBackup) error {
	began := time.Now()
	kept, err := r.Keeper.Find(ctx, backup)
	if errors.Is(err, capture.ErrUnusable) || errors.Is(err, capture.ErrOtherSelection) {
		return r.finishBackup(ctx, backup, failedStatus(backup, err), began)
	}
	if err != nil {
		return fmt.Errorf("looking for stored content of backup %s: %w", backup.Name, err)
	}
	if kept != nil {
		return r.finishBackup(ctx, backup, endedStatus(backup, kept), began)
	}
	return r.captureSelection(ctx, backup, began)
}

// capture reads what the backup selects, unless nobody reviewed who asks for that. What is stored already needs no review:
// nothing is read anew, and who restores it is reviewed.
func (r *BackupReconciler) captureSelection(ctx context.Context, backup *v1alpha1.BaselineBackup, began time.Time) error {
	err := r.Review.Check(ctx, backup.CreationTimestamp)
	if errors.Is(err, authorization.ErrNotReviewed) {
		return r.finishBackup(ctx, backup, failedStatus(backup, err), began)
	}
	if err != nil {
		return err
	}
	if err := r.attempts.checkLimit(backup); err != nil {
		return r.finishBackup(ctx, backup, failedStatus(backup, err), began)
	}
	if err := r.recordStart(ctx, backup); err != nil {
		return err
	}
	kept, err := r.Keeper.Take(ctx, backup, acceptsPartial(backup), r.newProgressFunc(ctx, backup))
	if ctx.Err() != nil {
		r.returnAttempt(ctx, backup)
		return ctx.Err() // shut down: the next leader takes it again
	}
	if capture.IsAboutSelection(err) {
		return r.finishBackup(ctx, backup, failedStatus(backup, err), began)
	}
	if err != nil {
		return r.postponeBackup(ctx, backup, err)
	}
	return r.finishBackup(ctx, backup, endedStatus(backup, kept), began)
}

// begin says InProgress before anything is listed.
func (r *BackupReconciler) recordStart(ctx context.Context, backup *v1alpha1.BaselineBackup) error {
	status := startedStatus(backup)
	if !r.attempts.hasBegun(backup.UID) {
		status.Attempts++
	}
	setPhase(&status.Conditions, backup.Generation, v1alpha1.PhaseInProgress, "Listing what is selected")
	if err := patchStatus(ctx, r.Client, backup, status); err != nil {
		return err
	}
	r.attempts.addBegun(backup.UID)
	backup.Status = status
	return nil
}

// progressEvery bounds how often progress is written.
const progressEvery = time.Second

func (r *BackupReconciler) newProgressFunc(ctx context.Context, backup *v1alpha1.BaselineBackup) func(found, written int32) {
	var last time.Time
	return func(found, written int32) {
		if time.Since(last) < progressEvery {
			return
		}
		last = time.Now()
		status := v1alpha1.BaselineBackupStatus{Progress: &v1alpha1.BackupProgress{TotalItems: found, ItemsBackedUp: written}}
		if err := patchStatus(ctx, r.Client, backup.DeepCopy(), status); err != nil {
			ctrl.LoggerFrom(ctx).Info("progress not written", "backup", backup.Name, "reason", err.Error())
		}
	}
}

func (r *BackupReconciler) finishBackup(ctx context.Context, backup *v1alpha1.BaselineBackup, status v1alpha1.BaselineBackupStatus, began time.Time) error {
	if err := patchStatus(ctx, r.Client, backup, status, "warnings", "errors"); err != nil {
		return err
	}
	r.attempts.removeBegun(backup.UID)
	phase, took := phaseOf(status.Conditions), time.Since(began)
	r.Recorder.Backup(phase, took)
	ctrl.LoggerFrom(ctx).Info("backed up", "backup", backup.Name, "phase", phase, "milliseconds", took.Milliseconds(),
		"items", itemsBackedUp(&status), "bytes", status.SizeBytes, "adopted", status.Adopted, "errors", len(status.Errors))
	kind := corev1.EventTypeNormal
	if phase != v1alpha1.PhaseCompleted {
		kind = corev1.EventTypeWarning
	}
	r.Events.Eventf(backup, nil, kind, phase, "Backup", "%s", readyMessage(status.Conditions))
	return nil
}

func enqueueReplaced(_ context.Context, e eventUpdate, q requests) {
	before, ok := e.ObjectOld.(*v1alpha1.Baseline)
	after, ok2 := e.ObjectNew.(*v1alpha1.Baseline)
	if ok && ok2 && before.Spec.Backup != after.Spec.Backup {
		q.Add(requestFor(before.Spec.Backup))
	}
}

func enqueueReleased(_ context.Context, e eventDelete, q requests) {
	if baseline, ok := e.Object.(*v1alpha1.Baseline); ok {
		q.Add(requestFor(baseline.Spec.Backup))
	}
}

func readyMessage(conditions []metav1.Condition) string {
	for _, c := range conditions {
		if c.Type == v1alpha1.ConditionReady {
			return c.Message
		}
	}
	return ""
}
