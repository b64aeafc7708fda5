package backup

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/capture"
	"seedbed.dev/seedbed/pkg/controller/authorization"
	"seedbed.dev/seedbed/pkg/controller/queue"
	"seedbed.dev/seedbed/pkg/internal/kube"
)

// maxConcurrentBackups bounds the reconciles. One of them captures at a time: the others delete, expire or wait.
const maxConcurrentBackups = 4

// Archiver captures backups and stores their content.
type Archiver interface {
	// Lookup returns the content that is stored under the backup's name for its selection, or nil. Content of that name that this
	// backup cannot adopt is an error, capture.ErrUnusable or capture.ErrOtherSelection.
	Lookup(ctx context.Context, backup *v1alpha1.BaselineBackup) (*capture.StoredBackup, error)
	// Capture captures a backup's selection and stores it. It returns a transient error that leaves objects out, unless partial is
	// set.
	Capture(ctx context.Context, backup *v1alpha1.BaselineBackup, partial bool, progress func(found, written int32)) (*capture.StoredBackup, error)
	// Delete removes the backup's content. Content of that name with another selection stays.
	Delete(ctx context.Context, backup *v1alpha1.BaselineBackup) error
}

// Review decides whether admission reviewed a backup.
type Review interface {
	// Check returns an error that wraps authorization.ErrNotReviewed if a backup that was created at that time was not reviewed.
	Check(ctx context.Context, created metav1.Time) error
}

// Recorder records backups that ended.
type Recorder interface {
	Backup(phase string, took time.Duration)
}

// Reconciler captures backups, adopts stored content, deletes expired backups and removes their content.
type Reconciler struct {
	Client client.Client
	// Live reads past the cache.
	Live     client.Reader
	Archiver Archiver
	Review   Review
	Recorder Recorder
	Events   events.EventRecorder
	Clock    clock.PassiveClock
	// ServerClock is the API server's, which sets the creation time that a ttl begins with.
	ServerClock *ServerClock

	attempts backupAttempts
}

// SetupWithManager watches backups, and Baselines, because one that uses a backup keeps its content.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("backup").
		For(&v1alpha1.BaselineBackup{}).
		Watches(&v1alpha1.Baseline{}, handler.Funcs{UpdateFunc: enqueueReplaced, DeleteFunc: enqueueUnused}).
		WithOptions(queue.Options(mgr, "backup", maxConcurrentBackups)).
		Complete(r)
}

// Reconcile captures or adopts one backup, deletes it when its ttl ends, and removes its content when it is deleted.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	backup := &v1alpha1.BaselineBackup{}
	if err := r.Client.Get(ctx, request.NamespacedName, backup); err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	if !backup.HasEnded() {
		// The cache may not show yet that the backup has ended: it must not be captured again.
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
	if backup.HasEnded() {
		return r.expireBackup(ctx, backup)
	}
	return reconcile.Result{}, kube.IgnoreGone(r.adoptOrCapture(ctx, backup))
}

// adoptOrCapture adopts stored content, or captures the selection. A backup that a restart interrupted is still InProgress and is
// captured again, until checkLimit refuses.
func (r *Reconciler) adoptOrCapture(ctx context.Context, backup *v1alpha1.BaselineBackup) error {
	began := r.Clock.Now()
	kept, err := r.Archiver.Lookup(ctx, backup)
	if errors.Is(err, capture.ErrUnusable) || errors.Is(err, capture.ErrOtherSelection) {
		return r.finishBackup(ctx, backup, failedStatus(backup, r.Clock.Now(), err), began)
	}
	if err != nil {
		return fmt.Errorf("looking for stored content of backup %s: %w", backup.Name, err)
	}
	if kept != nil {
		return r.finishBackup(ctx, backup, endedStatus(backup, r.Clock.Now(), kept), began)
	}
	return r.captureSelection(ctx, backup, began)
}

// captureSelection captures a backup whose creation was reviewed. Stored content needs no such review: nothing is read for it,
// and each restore of it is reviewed.
func (r *Reconciler) captureSelection(ctx context.Context, backup *v1alpha1.BaselineBackup, began time.Time) error {
	err := r.Review.Check(ctx, backup.CreationTimestamp)
	if errors.Is(err, authorization.ErrNotReviewed) {
		return r.finishBackup(ctx, backup, failedStatus(backup, r.Clock.Now(), err), began)
	}
	if err != nil {
		return err
	}
	if err := r.attempts.checkLimit(backup); err != nil {
		return r.finishBackup(ctx, backup, failedStatus(backup, r.Clock.Now(), err), began)
	}
	if err := r.recordStart(ctx, backup); err != nil {
		return err
	}
	kept, err := r.Archiver.Capture(ctx, backup, acceptsPartial(backup, r.Clock.Now()), r.newProgressFunc(ctx, backup))
	if ctx.Err() != nil {
		r.returnAttempt(ctx, backup)
		return ctx.Err() // at a shutdown: the next leader captures it again
	}
	if capture.IsAboutSelection(err) {
		return r.finishBackup(ctx, backup, failedStatus(backup, r.Clock.Now(), err), began)
	}
	if err != nil {
		return r.postponeBackup(ctx, backup, err)
	}
	return r.finishBackup(ctx, backup, endedStatus(backup, r.Clock.Now(), kept), began)
}

// recordStart sets the phase InProgress and counts the attempt before anything is listed.
func (r *Reconciler) recordStart(ctx context.Context, backup *v1alpha1.BaselineBackup) error {
	status := startedStatus(backup, r.Clock.Now())
	if !r.attempts.hasBegun(backup.UID) {
		status.Attempts++
	}
	v1alpha1.SetPhase(&status.Conditions, backup.Generation, v1alpha1.PhaseInProgress, "Listing the selected objects")
	if err := kube.PatchStatus(ctx, r.Client, v1alpha1.FieldManager, backup, status); err != nil {
		return err
	}
	r.attempts.begun.Store(backup.UID, true)
	backup.Status = status
	return nil
}

// progressEvery bounds how often progress is written.
const progressEvery = time.Second

// newProgressFunc returns a function that writes a backup's progress. A failed write is logged only: the end is written anyway.
func (r *Reconciler) newProgressFunc(ctx context.Context, backup *v1alpha1.BaselineBackup) func(found, written int32) {
	var last time.Time
	return func(found, written int32) {
		if r.Clock.Since(last) < progressEvery {
			return
		}
		last = r.Clock.Now()
		status := v1alpha1.BaselineBackupStatus{Progress: &v1alpha1.BackupProgress{TotalItems: found, ItemsBackedUp: written}}
		if err := kube.PatchStatus(ctx, r.Client, v1alpha1.FieldManager, backup.DeepCopy(), status); err != nil {
			ctrl.LoggerFrom(ctx).Info("Could not write the progress of a backup", "backup", backup.Name, "reason", err.Error())
		}
	}
}

// finishBackup writes the status of a backup that has ended, and records it in a metric, a log line and an event.
func (r *Reconciler) finishBackup(ctx context.Context, backup *v1alpha1.BaselineBackup, status v1alpha1.BaselineBackupStatus, began time.Time) error {
	if err := kube.PatchStatus(ctx, r.Client, v1alpha1.FieldManager, backup, status, "warnings", "errors"); err != nil {
		return err
	}
	r.attempts.begun.Delete(backup.UID)
	ready, took := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionReady), r.Clock.Since(began)
	r.Recorder.Backup(ready.Reason, took)
	ctrl.LoggerFrom(ctx).Info("Backed up", "backup", backup.Name, "phase", ready.Reason, "milliseconds", took.Milliseconds(),
		"items", ptr.Deref(status.Progress, v1alpha1.BackupProgress{}).ItemsBackedUp, "bytes", status.SizeBytes, "adopted", status.Adopted, "errors", len(status.Errors))
	kind := corev1.EventTypeNormal
	if ready.Reason != v1alpha1.PhaseCompleted {
		kind = corev1.EventTypeWarning
	}
	r.Events.Eventf(backup, nil, kind, ready.Reason, "Backup", "%s", ready.Message)
	return nil
}

// enqueueReplaced enqueues the backups that a Baseline used before, and does not use any more.
func enqueueReplaced(_ context.Context, e event.UpdateEvent, q queue.Requests) {
	oldObj, ok := e.ObjectOld.(*v1alpha1.Baseline)
	newObj, ok2 := e.ObjectNew.(*v1alpha1.Baseline)
	if !ok || !ok2 {
		return
	}
	for _, backup := range oldObj.UsedBackups() {
		if !newObj.UsesBackup(backup) {
			q.Add(queue.RequestFor(backup))
		}
	}
}

// enqueueUnused enqueues the backups that a deleted Baseline used.
func enqueueUnused(_ context.Context, e event.DeleteEvent, q queue.Requests) {
	if baseline, ok := e.Object.(*v1alpha1.Baseline); ok {
		for _, backup := range baseline.UsedBackups() {
			q.Add(queue.RequestFor(backup))
		}
	}
}
