package controller

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

type (
	eventUpdate = event.UpdateEvent
	eventDelete = event.DeleteEvent
)

// heldAgain is how often a held backup's use is looked at again, beside the events that tell.
const recheckHeldAfter = time.Minute

// expire deletes a backup whose time is over, unless a Baseline uses it: then it says so.
func (r *BackupReconciler) expireBackup(ctx context.Context, backup *v1alpha1.BaselineBackup) (reconcile.Result, error) {
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
	err = r.Client.Delete(ctx, backup, client.Preconditions{UID: &backup.UID})
	return reconcile.Result{}, client.IgnoreNotFound(err)
}

func (r *BackupReconciler) markExpirationHeld(ctx context.Context, backup *v1alpha1.BaselineBackup, message string) error {
	conditions := append([]metav1.Condition(nil), backup.Status.Conditions...)
	changed := meta.SetStatusCondition(&conditions, metav1.Condition{
		Type: v1alpha1.ConditionExpirationHeld, Status: metav1.ConditionTrue, Reason: "InUse", Message: message, ObservedGeneration: backup.Generation,
	})
	if !changed {
		return nil
	}
	return ignoreGone(patchStatus(ctx, r.Client, backup, v1alpha1.BaselineBackupStatus{Conditions: conditions}))
}

// remove lets a deleted backup go once nothing uses its content. Admission refuses the deletion of one
// that is used, but two replicas' caches can disagree: what holds is this, with a live list.
func (r *BackupReconciler) finalizeBackup(ctx context.Context, backup *v1alpha1.BaselineBackup) error {
	if !controllerutil.ContainsFinalizer(backup, v1alpha1.FinalizerContent) {
		return nil
	}
	users, err := r.listUsers(ctx, backup.Name)
	if err != nil {
		return err
	}
	message := "removing the stored content"
	if len(users) > 0 {
		message = v1alpha1.Cut("content kept for the baselines that use it: " + strings.Join(users, ", "))
	}
	conditions := append([]metav1.Condition(nil), backup.Status.Conditions...)
	setPhase(&conditions, backup.Generation, v1alpha1.PhaseDeleting, message)
	if err := patchStatus(ctx, r.Client, backup, v1alpha1.BaselineBackupStatus{Conditions: conditions}); err != nil {
		return ignoreGone(err)
	}
	if len(users) > 0 {
		return nil // the Baseline's change or deletion brings it back here
	}
	if err := r.Keeper.Forget(ctx, backup); err != nil {
		return fmt.Errorf("removing the content of backup %s: %w", backup.Name, err)
	}
	controllerutil.RemoveFinalizer(backup, v1alpha1.FinalizerContent)
	if err := r.Client.Update(ctx, backup, client.FieldOwner(v1alpha1.FieldManager)); err != nil {
		return client.IgnoreNotFound(fmt.Errorf("letting go of backup %s: %w", backup.Name, err))
	}
	return nil
}

// users are the Baselines that use a backup, by a live list.
func (r *BackupReconciler) listUsers(ctx context.Context, backup string) ([]string, error) {
	var baselines v1alpha1.BaselineList
	if err := r.Live.List(ctx, &baselines); err != nil {
		return nil, fmt.Errorf("listing the baselines that use backup %s: %w", backup, err)
	}
	var users []string
	for i := range baselines.Items {
		if baselines.Items[i].Spec.Backup == backup {
			users = append(users, baselines.Items[i].Name)
		}
	}
	sort.Strings(users)
	return users, nil
}

func requestFor(name string) reconcile.Request {
	return reconcile.Request{NamespacedName: types.NamespacedName{Name: name}}
}
