package fleet

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/authorization"
	"seedbed.dev/seedbed/pkg/controller/queue"
	"seedbed.dev/seedbed/pkg/controller/records"
	"seedbed.dev/seedbed/pkg/internal/kube"
	"seedbed.dev/seedbed/pkg/policy"
)

// Attempts knows the restores that failed without a record.
type Attempts interface {
	// HasFailed reports whether an attempt at a baseline failed without a record.
	HasFailed(namespace *corev1.Namespace, baseline string) bool
}

// Authorization decides whether the admission policies reviewed the annotation of a namespace.
type Authorization interface {
	Annotation(namespace *corev1.Namespace) authorization.Verdict
}

// Reconciler counts, in the status of each Baseline, the namespaces that should hold it and those that do. It counts all
// Baselines in one pass over the cache.
type Reconciler struct {
	Client client.Client
	// Namespace is Seedbed's own. It is never populated, and so never counted.
	Namespace     string
	Authorization Authorization
	Attempts      Attempts
	Keys          records.LostKeys
}

// countEvery is the shortest interval between two passes: a burst of a thousand namespaces costs a few of them, not a thousand.
const countEvery = 5 * time.Second

// everyBaseline is the only request: each change counts all Baselines.
var everyBaseline = queue.RequestFor("every-baseline")

// SetupWithManager counts countEvery after a change of a namespace, a Baseline or a record.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	later := func(q queue.Requests) { q.AddAfter(everyBaseline, countEvery) }
	changes := handler.Funcs{
		CreateFunc: func(_ context.Context, _ event.CreateEvent, q queue.Requests) { later(q) },
		UpdateFunc: func(_ context.Context, _ event.UpdateEvent, q queue.Requests) { later(q) },
		DeleteFunc: func(_ context.Context, _ event.DeleteEvent, q queue.Requests) { later(q) },
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named("fleet").
		Watches(&v1alpha1.Baseline{}, changes).
		Watches(&corev1.Namespace{}, changes).
		Watches(&v1alpha1.BaselineRecord{}, changes).
		WithOptions(queue.Options(mgr, "fleet", 1)).
		Complete(r)
}

// Reconcile writes the counts that changed.
func (r *Reconciler) Reconcile(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
	all, err := r.readFleet(ctx)
	if err != nil {
		return reconcile.Result{}, err
	}
	statuses := all.countAll()
	var failed []error
	for i := range all.baselines {
		baseline := &all.baselines[i]
		if baseline.DeletionTimestamp == nil {
			failed = append(failed, r.updateCounts(ctx, baseline, statuses[baseline.Name]))
		}
	}
	return reconcile.Result{}, errors.Join(failed...)
}

// updateCounts writes the counts of one Baseline if they changed.
func (r *Reconciler) updateCounts(ctx context.Context, baseline *v1alpha1.Baseline, wanted *fleetStatus) error {
	current := fleetStatus{baseline.Status.NamespaceCounts, baseline.Status.KeyLostTimestamp}
	if equality.Semantic.DeepEqual(&current, wanted) {
		return nil
	}
	return kube.IgnoreGone(kube.PatchStatus(ctx, r.Client, v1alpha1.FieldManager, baseline.DeepCopy(), wanted, "keyLostTimestamp"))
}

// readFleet lists the objects to count from the cache.
func (r *Reconciler) readFleet(ctx context.Context) (*fleet, error) {
	var baselines v1alpha1.BaselineList
	if err := r.Client.List(ctx, &baselines, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing baselines: %w", err)
	}
	var namespaces corev1.NamespaceList
	if err := r.Client.List(ctx, &namespaces, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing namespaces: %w", err)
	}
	var records v1alpha1.BaselineRecordList
	if err := r.Client.List(ctx, &records, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing records: %w", err)
	}
	all := &fleet{
		baselines: baselines.Items, records: records.Items, namespaces: r.populatedNamespaces(namespaces.Items),
		isReviewed: r.isReviewed, hasFailed: r.Attempts.HasFailed,
	}
	if lost := r.Keys.LostSince(); !lost.IsZero() {
		all.keyLost = &metav1.Time{Time: lost}
	}
	return all, nil
}

// populatedNamespaces returns the namespaces that Seedbed populates. It copies the slice, which the cache shares.
func (r *Reconciler) populatedNamespaces(all []corev1.Namespace) []corev1.Namespace {
	namespaces := make([]corev1.Namespace, 0, len(all))
	for i := range all {
		if all[i].DeletionTimestamp == nil && !policy.Excluded(all[i].Name, r.Namespace) {
			namespaces = append(namespaces, all[i])
		}
	}
	return namespaces
}

// isReviewed reports whether a namespace's annotation is in force. An annotation without a verdict counts as reviewed, because
// the policies are read within seconds of a start and most annotations were.
func (r *Reconciler) isReviewed(namespace *corev1.Namespace) bool {
	_, asks := namespace.Annotations[v1alpha1.AnnotationBaseline]
	return asks && r.Authorization.Annotation(namespace) != authorization.NotReviewed
}
