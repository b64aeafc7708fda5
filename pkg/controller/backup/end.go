package backup

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/kube"
)

// recheckHeldAfter is the interval of checks whether an expired backup is still in use, beside the events of Baselines.
const recheckHeldAfter = time.Minute

// expireBackup deletes a backup whose ttl has ended. One that a Baseline uses gets the condition ExpirationHeld instead.
func (r *Reconciler) expireBackup(ctx context.Context, backup *v1alpha1.BaselineBackup) (reconcile.Result, error) {
	at := expirationOf(backup)
	if at == nil {
		return reconcile.Result{}, nil
	}
	now, err := r.ServerClock.Now(ctx)
	if err != nil {
		return reconcile.Result{}, err
	}
	if left := at.Sub(now); left > 0 {
		return reconcile.Result{RequeueAfter: left}, nil
	}
	users, err := r.listUsers(ctx, backup.Name)
	if err != nil {
		return reconcile.Result{}, err
	}
	if len(users) > 0 {
		message := "its ttl ran out, and it is kept for the baselines that use it: " + strings.Join(users, ", ")
		return reconcile.Result{RequeueAfter: recheckHeldAfter}, r.markExpirationHeld(ctx, backup, v1alpha1.Cut(message))
	}
	return reconcile.Result{}, kube.Delete(ctx, r.Client, backup)
}

// markExpirationHeld sets the condition ExpirationHeld to True.
func (r *Reconciler) markExpirationHeld(ctx context.Context, backup *v1alpha1.BaselineBackup, message string) error {
	conditions := append([]metav1.Condition(nil), backup.Status.Conditions...)
	changed := meta.SetStatusCondition(&conditions, metav1.Condition{
		Type: v1alpha1.ConditionExpirationHeld, Status: metav1.ConditionTrue, Reason: "InUse", Message: message, ObservedGeneration: backup.Generation,
	})
	if !changed {
		return nil
	}
	return kube.IgnoreGone(kube.PatchStatus(ctx, r.Client, v1alpha1.FieldManager, backup, v1alpha1.BaselineBackupStatus{Conditions: conditions}))
}

// finalizeBackup removes the content and the finalizer of a deleted backup that no Baseline uses. Admission refuses the deletion
// of a backup in use, but two replicas' caches can disagree: the guarantee is this check, by a live list.
func (r *Reconciler) finalizeBackup(ctx context.Context, backup *v1alpha1.BaselineBackup) error {
	if !controllerutil.ContainsFinalizer(backup, v1alpha1.FinalizerContent) {
		return nil
	}
	users, err := r.listUsers(ctx, backup.Name)
	if err != nil {
		return err
	}
	message := "Removing the stored content"
	if len(users) > 0 {
		message = v1alpha1.Cut("Content is kept for the baselines that use it: " + strings.Join(users, ", "))
	}
	conditions := append([]metav1.Condition(nil), backup.Status.Conditions...)
	v1alpha1.SetPhase(&conditions, backup.Generation, v1alpha1.PhaseDeleting, message)
	if err := kube.PatchStatus(ctx, r.Client, v1alpha1.FieldManager, backup, v1alpha1.BaselineBackupStatus{Conditions: conditions}); err != nil {
		return kube.IgnoreGone(err)
	}
	if len(users) > 0 {
		return nil // the change or deletion of the Baseline enqueues it again
	}
	if err := r.Archiver.Delete(ctx, backup); err != nil {
		return fmt.Errorf("removing the content of backup %s: %w", backup.Name, err)
	}
	controllerutil.RemoveFinalizer(backup, v1alpha1.FinalizerContent)
	if err := r.Client.Update(ctx, backup, client.FieldOwner(v1alpha1.FieldManager)); err != nil {
		return client.IgnoreNotFound(fmt.Errorf("removing the finalizer of backup %s: %w", backup.Name, err))
	}
	return nil
}

// listUsers lists the names of the Baselines that use a backup now or in their history, past the cache.
func (r *Reconciler) listUsers(ctx context.Context, backup string) ([]string, error) {
	var baselines v1alpha1.BaselineList
	if err := r.Live.List(ctx, &baselines); err != nil {
		return nil, fmt.Errorf("listing the baselines that use backup %s: %w", backup, err)
	}
	var users []string
	for i := range baselines.Items {
		if baselines.Items[i].UsesBackup(backup) {
			users = append(users, baselines.Items[i].Name)
		}
	}
	sort.Strings(users)
	return users, nil
}
