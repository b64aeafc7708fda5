package controller

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/pkg/restore"
)

// restoresAtOnce bounds how many restores by hand run at a time: new namespaces come first.
const restoresAtOnce = 4

// RestoreReconciler runs the BaselineRestores that users make by hand, from a backup.
type RestoreReconciler struct {
	Attempts *Attempts
	// Namespace is Seedbed's own: never restored into.
	Namespace string
}

// SetupWithManager watches the records that name a backup.
func (r *RestoreReconciler) SetupWithManager(mgr ctrl.Manager) error {
	byHand := predicate.NewPredicateFuncs(func(object client.Object) bool {
		record, ok := object.(*v1alpha1.BaselineRestore)
		return ok && record.Spec.Backup != ""
	})
	return ctrl.NewControllerManagedBy(mgr).
		Named("restore").
		For(&v1alpha1.BaselineRestore{}, builder.WithPredicates(byHand)).
		WithOptions(controller.Options{MaxConcurrentReconciles: restoresAtOnce, RateLimiter: rateLimiter(), LogConstructor: logsOf(mgr, "restore")}).
		Complete(r)
}

// Reconcile runs one restore until nothing is left to be done.
func (r *RestoreReconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	record := &v1alpha1.BaselineRestore{}
	if err := r.Attempts.Client.Get(ctx, request.NamespacedName, record); err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	if record.Status.Attempts == 0 {
		// The cache may not show the attempt that was written a moment ago: a second first one would touch
		// what has succeeded.
		if err := r.Attempts.Live.Get(ctx, request.NamespacedName, record); err != nil {
			return reconcile.Result{}, client.IgnoreNotFound(err)
		}
	}
	if record.Status.Attempts > 0 {
		if settled, wait := settledFor(record); settled {
			return reconcile.Result{RequeueAfter: wait}, nil
		}
	}
	namespace := &corev1.Namespace{}
	if err := r.Attempts.Client.Get(ctx, types.NamespacedName{Name: record.Namespace}, namespace); err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	if namespace.DeletionTimestamp != nil || record.DeletionTimestamp != nil {
		return reconcile.Result{}, nil
	}
	todo := work{
		namespace: namespace, record: record, existing: record.Spec.ExistingResources,
		spec: restore.Spec{Backup: record.Spec.Backup, Source: record.Spec.SourceNamespace},
	}
	if err := r.check(ctx, &todo); err != nil {
		return reconcile.Result{}, err
	}
	written, err := r.Attempts.run(ctx, todo)
	if err != nil || written == nil {
		return reconcile.Result{}, err
	}
	_, wait := settledFor(written)
	return reconcile.Result{RequeueAfter: wait}, nil
}

// check finds the content to restore, or why there is none to restore now.
func (r *RestoreReconciler) check(ctx context.Context, todo *work) error {
	name, uid := todo.spec.Backup, todo.record.Spec.NamespaceUID
	if policy.Excluded(todo.namespace.Name, r.Namespace) {
		todo.refused = refuseSystem(todo.namespace.Name)
		return nil
	}
	if uid != "" && uid != todo.namespace.UID {
		todo.refused = fmt.Errorf("spec.namespaceUID is %s, which is another namespace of the same name: this one has %s", uid, todo.namespace.UID)
		return nil
	}
	backup := &v1alpha1.BaselineBackup{}
	err := r.Attempts.Client.Get(ctx, types.NamespacedName{Name: name}, backup)
	if apierrors.IsNotFound(err) {
		todo.refused = fmt.Errorf("backup %s does not exist", name)
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading backup %s: %w", name, err)
	}
	todo.spec.Digest = backup.Status.Digest
	if !usableByHand(backup) {
		todo.refused = refuseUnusable(backup)
	}
	return nil
}

func refuseSystem(namespace string) error {
	return fmt.Errorf("namespace %s belongs to the system: nothing is restored into it", namespace)
}

func refuseUnusable(backup *v1alpha1.BaselineBackup) error {
	return fmt.Errorf("backup %s is %s: it can be restored when it is Completed", backup.Name, phaseOf(backup.Status.Conditions))
}
