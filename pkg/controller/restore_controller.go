package controller

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/authorization"
	"seedbed.dev/seedbed/pkg/plan"
	"seedbed.dev/seedbed/pkg/policy"
)

// restoresAtOnce bounds how many restores by hand run at a time: new namespaces come first.
const restoresAtOnce = 4

// RestoreReconciler runs the BaselineRestores that users make by hand, from a backup.
type RestoreReconciler struct {
	Executor *Executor
	// Namespaces knows what namespaces hold: a restore by hand leaves alone what a Required baseline brought.
	Namespaces *NamespaceReconciler
	// Objects decides which restores were reviewed.
	Objects Objects
}

// SetupWithManager watches the restores.
func (r *RestoreReconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("restore").
		For(&v1alpha1.BaselineRestore{}).
		WithOptions(controller.Options{MaxConcurrentReconciles: restoresAtOnce, RateLimiter: rateLimiter(), LogConstructor: logsOf(mgr, "restore")}).
		Complete(r)
}

// Reconcile runs one restore until nothing is left to be done.
func (r *RestoreReconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	wanted, wait, err := r.unsettled(ctx, request.NamespacedName)
	if err != nil || wanted == nil {
		return reconcile.Result{RequeueAfter: wait}, err
	}
	namespace, err := r.namespaceOf(ctx, wanted)
	if err != nil || namespace == nil {
		return reconcile.Result{}, err
	}
	ctx, cancel := withGracePeriod(ctx)
	defer cancel()
	result, err := r.attempt(ctx, wanted, namespace)
	if err != nil {
		return reconcile.Result{}, ignoreGone(err)
	}
	_, wait = settledFor(result)
	return reconcile.Result{RequeueAfter: wait}, nil
}

// unsettled returns the restore, whole, if something of it is to be done now; otherwise when to look again.
func (r *RestoreReconciler) unsettled(ctx context.Context, key types.NamespacedName) (*v1alpha1.BaselineRestore, time.Duration, error) {
	wanted := &v1alpha1.BaselineRestore{}
	if err := r.Executor.Client.Get(ctx, key, wanted); err != nil {
		return nil, 0, client.IgnoreNotFound(err)
	}
	r.excludeFromBackup(ctx, wanted)
	if settled, wait := isSettled(wanted); settled {
		return nil, wait, nil
	}
	// The cache may not show the attempt that was written a moment ago, and it drops the lists: without them another attempt
	// would touch what has succeeded.
	if err := r.Executor.Live.Get(ctx, key, wanted); err != nil {
		return nil, 0, client.IgnoreNotFound(err)
	}
	if settled, wait := isSettled(wanted); settled {
		return nil, wait, nil
	}
	return wanted, 0, nil
}

func isSettled(wanted *v1alpha1.BaselineRestore) (bool, time.Duration) {
	if wanted.DeletionTimestamp != nil {
		return true, 0
	}
	if wanted.Status.Attempts == 0 {
		return false, 0
	}
	return settledFor(&wanted.Status.RestoreResult)
}

// namespaceOf returns the namespace of a restore, nil when it is going or gone. The cache may not show yet a namespace that
// was created a moment before the restore.
func (r *RestoreReconciler) namespaceOf(ctx context.Context, wanted *v1alpha1.BaselineRestore) (*corev1.Namespace, error) {
	namespace := &corev1.Namespace{}
	key := types.NamespacedName{Name: wanted.Namespace}
	err := r.Executor.Client.Get(ctx, key, namespace)
	if apierrors.IsNotFound(err) {
		if err := r.Executor.Live.Get(ctx, key, namespace); err != nil {
			return nil, client.IgnoreNotFound(err)
		}
		return nil, fmt.Errorf("namespace %s is not in the cache yet", wanted.Namespace)
	}
	if err != nil || namespace.DeletionTimestamp != nil {
		return nil, err
	}
	return namespace, nil
}

// attempt makes one attempt and writes what came of it.
func (r *RestoreReconciler) attempt(ctx context.Context, wanted *v1alpha1.BaselineRestore, namespace *corev1.Namespace) (*v1alpha1.RestoreResult, error) {
	began := time.Now()
	task := restoreTask{
		name: wanted.Name, namespace: namespace, existing: wanted.Spec.ExistingResources, since: wanted.CreationTimestamp.Time,
		spec: plan.Spec{Backup: wanted.Spec.Backup, Source: wanted.Spec.SourceNamespace},
	}
	refusal, err := r.check(ctx, &task, wanted)
	if err != nil {
		return nil, err
	}
	task.resume(&wanted.Status.RestoreResult)
	if refusal != nil {
		result := failedResult(&task, began, refusal)
		return &result, r.write(ctx, wanted, &result)
	}
	done, err := r.Executor.execute(ctx, task)
	if isPermanent(err) {
		result := failedResult(&task, began, err)
		return &result, r.write(ctx, wanted, &result)
	}
	if err != nil {
		return nil, err
	}
	if err := r.write(ctx, wanted, &done.result); err != nil {
		if errors.Is(err, errGone) { // or the restore alone was deleted: then the objects are the namespace's
			return nil, r.Executor.takeBackIfReplaced(ctx, namespace, done.outcome.Undo)
		}
		return nil, err
	}
	r.Executor.emit(ctx, done, wanted, true)
	return &done.result, nil
}

func (r *RestoreReconciler) write(ctx context.Context, wanted *v1alpha1.BaselineRestore, result *v1alpha1.RestoreResult) error {
	status := v1alpha1.BaselineRestoreStatus{
		Conditions:         append([]metav1.Condition(nil), wanted.Status.Conditions...),
		ObservedGeneration: wanted.Generation, RestoreResult: *result,
	}
	message := summarize(result)
	if result.Phase == v1alpha1.PhaseFailed {
		message = result.Errors[0]
	}
	setPhase(&status.Conditions, wanted.Generation, string(result.Phase), message)
	return replaceStatus(ctx, r.Executor.Client, r.Executor.Live, wanted, status)
}

// check completes the task: which content to restore, and which Required baselines it yields to. It returns the reason why
// nothing can be restored as things are.
func (r *RestoreReconciler) check(ctx context.Context, task *restoreTask, wanted *v1alpha1.BaselineRestore) (refusal, err error) {
	switch verdict, why := r.Objects.Restore(ctx, wanted.CreationTimestamp); verdict {
	case authorization.Unknown:
		return nil, why // for a moment, when this replica begins to lead
	case authorization.NotReviewed:
		return fmt.Errorf("nothing is restored: %w", why), nil
	}
	if task.spec.Selection, err = plan.NewSelection(&wanted.Spec.RestoreSelection); err != nil {
		return err, nil
	}
	uid := wanted.Spec.NamespaceUID
	if policy.Excluded(task.namespace.Name, r.Namespaces.Namespace) {
		return refuseSystem(task.namespace.Name), nil
	}
	if uid != "" && uid != task.namespace.UID {
		return fmt.Errorf("spec.namespaceUID is %s, which is another namespace of the same name: this one has %s", uid, task.namespace.UID), nil
	}
	backup := &v1alpha1.BaselineBackup{}
	err = r.Executor.Client.Get(ctx, types.NamespacedName{Name: task.spec.Backup}, backup)
	if apierrors.IsNotFound(err) {
		return fmt.Errorf("backup %s does not exist", task.spec.Backup), nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading backup %s: %w", task.spec.Backup, err)
	}
	task.spec.Digest = backup.Status.Digest
	if !usableByHand(backup) {
		return refuseUnusable(backup), nil
	}
	known, err := r.Namespaces.takeSnapshot(ctx, task.namespace)
	if err != nil {
		return nil, err
	}
	task.requiredBefore = requiredBefore(known, "")
	return nil, nil
}

func refuseSystem(namespace string) error {
	return fmt.Errorf("namespace %s belongs to the system: nothing is restored into it", namespace)
}

func refuseUnusable(backup *v1alpha1.BaselineBackup) error {
	return fmt.Errorf("backup %s is %s: it can be restored when it is Completed", backup.Name, phaseOf(backup.Status.Conditions))
}
