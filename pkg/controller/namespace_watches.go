package controller

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
)

// recordNameIndex finds records by their name in the cache, which is their baseline's.
const recordNameIndex = "metadata.name"

type requests = workqueue.TypedRateLimitingInterface[reconcile.Request]

// SetupWithManager feeds one priority queue, keyed by namespace: with the namespaces themselves (those of
// the first list, at a start, behind new ones), with admission's hints, and with those that a change of
// a Baseline, a backup or a record concerns.
func (r *NamespaceReconciler) SetupWithManager(mgr ctrl.Manager) error {
	r.initCaches()
	err := mgr.GetFieldIndexer().IndexField(context.Background(), &v1alpha1.BaselineRecord{}, recordNameIndex, func(object client.Object) []string {
		return []string{object.GetName()}
	})
	if err != nil {
		return fmt.Errorf("indexing records by baseline: %w", err)
	}
	watches := ctrl.NewControllerManagedBy(mgr).
		Named("namespace").
		For(&corev1.Namespace{}).
		Watches(&corev1.Namespace{}, handler.Funcs{UpdateFunc: r.recordGateOpened}).
		Watches(&v1alpha1.Baseline{}, handler.TypedFuncs[client.Object, reconcile.Request]{
			CreateFunc: ignoreInitialList(r.enqueueFor),
			UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q requests) {
				if e.ObjectOld.GetGeneration() != e.ObjectNew.GetGeneration() {
					r.enqueueFor(ctx, q, e.ObjectOld) // those that waited for it may not any more
					r.enqueueFor(ctx, q, e.ObjectNew)
				}
				if e.ObjectOld.GetAnnotations()[v1alpha1.AnnotationAdopt] != e.ObjectNew.GetAnnotations()[v1alpha1.AnnotationAdopt] {
					r.enqueueHolders(ctx, q, e.ObjectNew.GetName())
				}
			},
			DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q requests) { r.enqueueFor(ctx, q, e.Object) },
		}).
		Watches(&v1alpha1.BaselineBackup{}, handler.Funcs{
			CreateFunc: ignoreInitialList(r.enqueueUsers),
			UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q requests) { r.enqueueUsers(ctx, q, e.ObjectNew) },
			DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q requests) { r.enqueueUsers(ctx, q, e.Object) },
		}, builder.WithPredicates(predicate.Funcs{UpdateFunc: phaseChanged})).
		Watches(&v1alpha1.BaselineRecord{}, handler.TypedFuncs[client.Object, reconcile.Request]{
			UpdateFunc: func(_ context.Context, e event.UpdateEvent, q requests) { enqueueLow(q, e.ObjectNew.GetNamespace()) },
			DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q requests) {
				if record, ok := e.Object.(*v1alpha1.BaselineRecord); ok {
					r.assumed.forgetDeleted(recordKey{record.NamespaceUID(), record.Name}, record)
					r.warnOfReleased(ctx, record)
				}
				enqueueLow(q, e.Object.GetNamespace())
			},
		}).
		WatchesRawSource(source.Channel(r.Hints.events, handler.TypedFuncs[*metav1.PartialObjectMetadata, reconcile.Request]{
			GenericFunc: func(_ context.Context, e event.TypedGenericEvent[*metav1.PartialObjectMetadata], q requests) {
				q.Add(reconcile.Request{NamespacedName: types.NamespacedName{Name: e.Object.Name}})
			},
		})).
		WithOptions(controller.Options{MaxConcurrentReconciles: r.Workers, RateLimiter: rateLimiter(), LogConstructor: logsOf(mgr, "namespace")})
	if r.Velero != nil {
		watches = watches.WatchesRawSource(r.Velero.releasedSource())
	}
	return watches.Complete(r)
}

// ignoreInitialList leaves out objects that were there at the start: every namespace is in the queue then, and each of fifty
// Baselines would look through all of them.
func ignoreInitialList(enqueue func(context.Context, requests, client.Object)) func(context.Context, event.CreateEvent, requests) {
	return func(ctx context.Context, e event.CreateEvent, q requests) {
		if !e.IsInInitialList {
			enqueue(ctx, q, e.Object)
		}
	}
}

// enqueueHolders puts the namespaces that have a record of a baseline in the queue.
func (r *NamespaceReconciler) enqueueHolders(ctx context.Context, q requests, baseline string) {
	var records v1alpha1.BaselineRecordList
	if err := r.Executor.Client.List(ctx, &records, client.MatchingFields{recordNameIndex: baseline}, client.UnsafeDisableDeepCopy); err != nil {
		return // as in concerned
	}
	for i := range records.Items {
		enqueueLow(q, records.Items[i].Namespace)
	}
}

// enqueueFor puts the namespaces that a Baseline selects, or that name it, in the queue.
func (r *NamespaceReconciler) enqueueFor(ctx context.Context, q requests, object client.Object) {
	baseline, ok := object.(*v1alpha1.Baseline)
	if !ok {
		return
	}
	for _, name := range r.concerned(ctx, baseline) {
		enqueueLow(q, name)
	}
}

func (r *NamespaceReconciler) concerned(ctx context.Context, baseline *v1alpha1.Baseline) []string {
	var namespaces corev1.NamespaceList
	if err := r.Executor.Client.List(ctx, &namespaces, client.UnsafeDisableDeepCopy); err != nil {
		return nil // only possible while the cache starts, which lists every namespace anyway
	}
	selector := labels.Nothing()
	if baseline.Spec.NamespaceSelector != nil {
		if parsed, err := metav1.LabelSelectorAsSelector(baseline.Spec.NamespaceSelector); err == nil {
			selector = parsed
		}
	}
	var names []string
	for i := range namespaces.Items {
		namespace := &namespaces.Items[i]
		asks := strings.Contains(namespace.Annotations[v1alpha1.AnnotationBaseline], baseline.Name)
		if (asks || selector.Matches(labels.Set(namespace.Labels))) && !policy.Excluded(namespace.Name, r.Namespace) {
			names = append(names, namespace.Name)
		}
	}
	return names
}

// enqueueUsers puts the namespaces that a backup's end may concern in the queue.
func (r *NamespaceReconciler) enqueueUsers(ctx context.Context, q requests, backup client.Object) {
	var baselines v1alpha1.BaselineList
	if err := r.Executor.Client.List(ctx, &baselines); err != nil {
		return // as in concerned
	}
	for i := range baselines.Items {
		if baselines.Items[i].Spec.Backup == backup.GetName() {
			r.enqueueFor(ctx, q, &baselines.Items[i])
		}
	}
}

func phaseChanged(e event.UpdateEvent) bool {
	before, ok := e.ObjectOld.(*v1alpha1.BaselineBackup)
	after, ok2 := e.ObjectNew.(*v1alpha1.BaselineBackup)
	return ok && ok2 && v1alpha1.PhaseOf(before.Status.Conditions) != v1alpha1.PhaseOf(after.Status.Conditions)
}

// enqueueLow puts a namespace behind the new ones.
func enqueueLow(q requests, namespace string) {
	request := reconcile.Request{NamespacedName: types.NamespacedName{Name: namespace}}
	if queue, ok := q.(priorityqueue.PriorityQueue[reconcile.Request]); ok {
		queue.AddWithOpts(priorityqueue.AddOpts{Priority: &catchUp}, request)
		return
	}
	q.Add(request)
}
