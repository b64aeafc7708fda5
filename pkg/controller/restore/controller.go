package restore

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
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/attempt"
	"seedbed.dev/seedbed/pkg/controller/authorization"
	"seedbed.dev/seedbed/pkg/controller/queue"
	"seedbed.dev/seedbed/pkg/internal/kube"
	"seedbed.dev/seedbed/pkg/plan"
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/pkg/restore"
)

// restoresAtOnce bounds how many restores by hand run at a time: new namespaces come first.
const restoresAtOnce = 4

// Namespaces prepares tasks; package namespace implements it.
type Namespaces interface {
	// PrepareTask sets the parts of a task that depend on its namespace; baseline is nil.
	PrepareTask(ctx context.Context, task *restore.Task, baseline *v1alpha1.Baseline) error
}

// Authorization decides whether the admission policies reviewed a restore.
type Authorization interface {
	// Restore returns the verdict on a restore that was created at a time, and the reason with any verdict but
	// authorization.Reviewed.
	Restore(ctx context.Context, created metav1.Time) (authorization.Verdict, error)
}

// Reconciler runs the BaselineRestores that users create by hand, from a backup.
type Reconciler struct {
	Executor *attempt.Executor
	// Namespaces knows the Required baselines of namespaces. A restore by hand keeps their objects.
	Namespaces Namespaces
	// Namespace is Seedbed's own. Nothing is restored into it.
	Namespace string
	// Authorization decides whether a restore was reviewed.
	Authorization Authorization
}

// SetupWithManager watches the restores.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("restore").
		For(&v1alpha1.BaselineRestore{}).
		WithOptions(queue.Options(mgr, "restore", restoresAtOnce)).
		Complete(r)
}

// Reconcile runs one restore until nothing is pending.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	wanted, wait, err := r.getUnsettled(ctx, request.NamespacedName)
	if err != nil || wanted == nil {
		return reconcile.Result{RequeueAfter: wait}, err
	}
	namespace, err := r.namespaceOf(ctx, wanted)
	if err != nil || namespace == nil {
		return reconcile.Result{}, err
	}
	ctx, cancel := attempt.WithGracePeriod(ctx)
	defer cancel()
	result, err := r.attemptRestore(ctx, wanted, namespace)
	if err != nil {
		return reconcile.Result{}, attempt.IgnoreGone(err)
	}
	_, wait = attempt.Settled(result, r.Executor.Clock.Now())
	return reconcile.Result{RequeueAfter: wait}, nil
}

// getUnsettled returns the complete restore if it needs an attempt now; otherwise the time until the next one.
func (r *Reconciler) getUnsettled(ctx context.Context, key types.NamespacedName) (*v1alpha1.BaselineRestore, time.Duration, error) {
	wanted := &v1alpha1.BaselineRestore{}
	if err := r.Executor.Client.Get(ctx, key, wanted); err != nil {
		return nil, 0, client.IgnoreNotFound(err)
	}
	r.excludeFromBackup(ctx, wanted)
	if settled, wait := isSettled(wanted, r.Executor.Clock.Now()); settled {
		return nil, wait, nil
	}
	// The cache may not have the attempt that was written a moment ago, and it drops the lists. Without them another attempt
	// would touch objects that have succeeded.
	if err := r.Executor.Live.Get(ctx, key, wanted); err != nil {
		return nil, 0, client.IgnoreNotFound(err)
	}
	if settled, wait := isSettled(wanted, r.Executor.Clock.Now()); settled {
		return nil, wait, nil
	}
	return wanted, 0, nil
}

func isSettled(wanted *v1alpha1.BaselineRestore, now time.Time) (bool, time.Duration) {
	if wanted.DeletionTimestamp != nil {
		return true, 0
	}
	if wanted.Status.Attempts == 0 {
		return false, 0
	}
	return attempt.Settled(&wanted.Status.RestoreResult, now)
}

// namespaceOf returns the namespace of a restore, or nil if it is gone or being deleted. The cache may not have a namespace yet that
// was created a moment before the restore.
func (r *Reconciler) namespaceOf(ctx context.Context, wanted *v1alpha1.BaselineRestore) (*corev1.Namespace, error) {
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

// attemptRestore makes one attempt and writes its result.
func (r *Reconciler) attemptRestore(ctx context.Context, wanted *v1alpha1.BaselineRestore, namespace *corev1.Namespace) (*v1alpha1.RestoreResult, error) {
	began := r.Executor.Clock.Now()
	task := restore.Task{
		Name: wanted.Name, Namespace: namespace, Existing: wanted.Spec.ExistingResources, Since: wanted.CreationTimestamp.Time,
		Spec: plan.Spec{Backup: wanted.Spec.Backup, Source: wanted.Spec.SourceNamespace},
	}
	refusal, err := r.completeTask(ctx, &task, wanted)
	if err != nil {
		return nil, err
	}
	task.Resume(&wanted.Status.RestoreResult)
	if refusal != nil {
		result := task.Fail(began, refusal)
		return &result, r.writeResult(ctx, wanted, &result)
	}
	done, err := r.Executor.Runner.Execute(ctx, task)
	if plan.IsPermanent(err) {
		result := task.Fail(began, err)
		return &result, r.writeResult(ctx, wanted, &result)
	}
	if err != nil {
		return nil, err
	}
	if err := r.writeResult(ctx, wanted, &done.Result); err != nil {
		if errors.Is(err, kube.ErrGone) { // or the restore alone was deleted: then the objects are the namespace's
			return nil, r.Executor.Runner.TakeBackIfReplaced(ctx, namespace, done)
		}
		return nil, err
	}
	r.Executor.RecordAttempt(ctx, &task, done, wanted, true)
	return &done.Result, nil
}

func (r *Reconciler) writeResult(ctx context.Context, wanted *v1alpha1.BaselineRestore, result *v1alpha1.RestoreResult) error {
	status := v1alpha1.BaselineRestoreStatus{
		Conditions: append([]metav1.Condition(nil), wanted.Status.Conditions...), ObservedGeneration: wanted.Generation, RestoreResult: *result,
	}
	message := attempt.Summarize(result)
	if result.Phase == v1alpha1.PhaseFailed {
		message = result.Errors[0]
	}
	v1alpha1.SetPhase(&status.Conditions, wanted.Generation, string(result.Phase), message)
	return replaceStatus(ctx, r.Executor.Client, r.Executor.Live, wanted, status)
}

// completeTask sets the content to restore and the Required baselines whose objects are kept. It returns a refusal if nothing can
// be restored.
func (r *Reconciler) completeTask(ctx context.Context, task *restore.Task, wanted *v1alpha1.BaselineRestore) (refusal, err error) {
	switch verdict, why := r.Authorization.Restore(ctx, wanted.CreationTimestamp); verdict {
	case authorization.Reviewed:
	case authorization.NotReviewed:
		return fmt.Errorf("nothing is restored: %w", why), nil
	default:
		return nil, why // for a moment, when this replica begins to lead
	}
	if task.Spec.Selection, err = plan.NewSelection(&wanted.Spec.RestoreSelection); err != nil {
		return err, nil
	}
	uid := wanted.Spec.NamespaceUID
	if policy.Excluded(task.Namespace.Name, r.Namespace) {
		return attempt.RefuseSystem(task.Namespace.Name), nil
	}
	if uid != "" && uid != task.Namespace.UID {
		return fmt.Errorf("spec.namespaceUID is %s, which is another namespace of the same name: this one has %s", uid, task.Namespace.UID), nil
	}
	backup := &v1alpha1.BaselineBackup{}
	err = r.Executor.Client.Get(ctx, types.NamespacedName{Name: task.Spec.Backup}, backup)
	if apierrors.IsNotFound(err) {
		return fmt.Errorf("backup %s does not exist", task.Spec.Backup), nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading backup %s: %w", task.Spec.Backup, err)
	}
	task.Spec.Digest = backup.Status.Digest
	if !backup.IsRestorable() {
		return attempt.RefuseUnusable(backup), nil
	}
	return nil, r.Namespaces.PrepareTask(ctx, task, nil)
}

// excludeFromBackup labels a restore so that Velero does not back it up: it would run again after Velero has restored it. An
// existing value stays. A refused label does not stop the restore.
func (r *Reconciler) excludeFromBackup(ctx context.Context, wanted *v1alpha1.BaselineRestore) {
	if _, labelled := wanted.Labels[v1alpha1.LabelExcludeFromBackup]; labelled || wanted.DeletionTimestamp != nil {
		return
	}
	err := kube.PatchMetadata(ctx, r.Executor.Client, v1alpha1.FieldManager, wanted, map[string]any{
		"labels": map[string]string{v1alpha1.LabelExcludeFromBackup: "true"},
	})
	if client.IgnoreNotFound(err) != nil {
		log.FromContext(ctx).Info("Could not keep a restore out of Velero's backups", "namespace", wanted.Namespace, "restore", wanted.Name, "reason", err.Error())
	}
}

// TrimCached is the transform of cached restores. It removes their long lists.
func TrimCached(object any) (any, error) {
	record, ok := object.(*v1alpha1.BaselineRestore)
	if !ok {
		return object, nil
	}
	record.ManagedFields = nil
	record.Status.TrimLists()
	return record, nil
}
