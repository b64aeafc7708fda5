package namespace

import (
	"context"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/cached"
	"seedbed.dev/seedbed/pkg/controller/queue"
	"seedbed.dev/seedbed/pkg/policy"
)

// SetupWithManager fills one priority queue of namespaces: from the namespaces themselves (those of the initial list after new
// ones), from admission's hints, and from changes of Baselines, backups and records.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) (err error) {
	r.initCaches()
	if r.cachedNamespaces, err = cached.NewStore(mgr, &corev1.Namespace{}); err != nil {
		return err
	}
	if r.cachedRecords, err = cached.NewStore(mgr, &v1alpha1.BaselineRecord{}); err != nil {
		return err
	}
	watches := ctrl.NewControllerManagedBy(mgr).
		Named("namespace").
		For(&corev1.Namespace{}).
		Watches(&corev1.Namespace{}, handler.Funcs{UpdateFunc: r.recordGateOpened}).
		Watches(&v1alpha1.Baseline{}, handler.TypedFuncs[client.Object, reconcile.Request]{
			CreateFunc: queue.IgnoreInitialList(r.enqueueFor),
			UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q queue.Requests) {
				switch {
				case e.ObjectOld.GetGeneration() == e.ObjectNew.GetGeneration():
				case isContentChange(e):
					r.enqueuePending(q, e.ObjectNew)
				default:
					r.enqueueFor(ctx, q, e.ObjectOld) // those that it no longer selects may stop to wait for it
					r.enqueueFor(ctx, q, e.ObjectNew)
				}
				if e.ObjectOld.GetAnnotations()[v1alpha1.AnnotationAdopt] != e.ObjectNew.GetAnnotations()[v1alpha1.AnnotationAdopt] {
					r.enqueueHolders(q, e.ObjectNew.GetName())
				}
			},
			DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q queue.Requests) { r.enqueueFor(ctx, q, e.Object) },
		}).
		Watches(&v1alpha1.BaselineBackup{}, handler.Funcs{
			CreateFunc: queue.IgnoreInitialList(r.enqueueUsers),
			UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q queue.Requests) { r.enqueueUsers(ctx, q, e.ObjectNew) },
			DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q queue.Requests) { r.enqueueUsers(ctx, q, e.Object) },
		}, builder.WithPredicates(predicate.Funcs{UpdateFunc: queue.BackupPhaseChanged})).
		Watches(&v1alpha1.BaselineRecord{}, handler.TypedFuncs[client.Object, reconcile.Request]{
			UpdateFunc: func(_ context.Context, e event.UpdateEvent, q queue.Requests) {
				queue.AddLow(q, e.ObjectNew.GetNamespace())
			},
			DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q queue.Requests) {
				if record, ok := e.Object.(*v1alpha1.BaselineRecord); ok {
					r.assumed.forgetDeleted(recordKey{record.NamespaceUID(), record.Name}, record)
					r.warnOfReleased(ctx, record)
				}
				queue.AddLow(q, e.Object.GetNamespace())
			},
		}).
		WatchesRawSource(queue.Names(r.Hints.events, func(q queue.Requests, name string) { q.Add(queue.RequestFor(name)) })).
		WatchesRawSource(r.RolloutSource).
		WatchesRawSource(r.AuditSource).
		WithOptions(queue.Options(mgr, "namespace", r.Workers))
	if r.Velero != nil {
		watches = watches.WatchesRawSource(r.Velero.ReleasedSource())
	}
	return watches.Complete(r)
}

// enqueueHolders enqueues the namespaces that have a record of a baseline.
func (r *Reconciler) enqueueHolders(q queue.Requests, baseline string) {
	for name := range r.holdersOf(baseline) {
		queue.AddLow(q, name)
	}
}

// holdersOf returns the names of the namespaces that have a record of a baseline.
func (r *Reconciler) holdersOf(baseline string) sets.Set[string] {
	holders := sets.New[string]()
	for _, record := range r.cachedRecords.List() {
		if record.Name == baseline {
			holders.Insert(record.Namespace)
		}
	}
	return holders
}

// isContentChange reports whether an update of a Baseline changed only the content that it writes, the rollout of that and the
// correction of drift.
func isContentChange(e event.UpdateEvent) bool {
	oldObj, ok := e.ObjectOld.(*v1alpha1.Baseline)
	newObj, ok2 := e.ObjectNew.(*v1alpha1.Baseline)
	if !ok || !ok2 {
		return false
	}
	spec := oldObj.Spec
	spec.Backup, spec.SourceNamespace, spec.Mapping = newObj.Spec.Backup, newObj.Spec.SourceNamespace, newObj.Spec.Mapping
	spec.NamespaceMetadata, spec.Rollout = newObj.Spec.NamespaceMetadata, newObj.Spec.Rollout
	spec.BaselineRules = newObj.Spec.BaselineRules
	spec.Drift, spec.DriftIgnore = newObj.Spec.Drift, newObj.Spec.DriftIgnore
	return equality.Semantic.DeepEqual(spec, newObj.Spec)
}

// enqueuePending enqueues the namespaces that a Baseline concerns and that have no record of it. Its rollout enqueues the others.
func (r *Reconciler) enqueuePending(q queue.Requests, object client.Object) {
	baseline, ok := object.(*v1alpha1.Baseline)
	if !ok {
		return
	}
	holders := r.holdersOf(baseline.Name)
	for _, name := range r.concernedBy(baseline) {
		if !holders.Has(name) {
			queue.AddLow(q, name)
		}
	}
}

// enqueueFor enqueues the namespaces that a Baseline selects or that name it.
func (r *Reconciler) enqueueFor(_ context.Context, q queue.Requests, object client.Object) {
	baseline, ok := object.(*v1alpha1.Baseline)
	if !ok {
		return
	}
	for _, name := range r.concernedBy(baseline) {
		queue.AddLow(q, name)
	}
}

// concernedBy returns the names of the namespaces that a Baseline selects or that name it. While the cache starts, which lists every
// namespace anyway, some may be missing.
func (r *Reconciler) concernedBy(baseline *v1alpha1.Baseline) []string {
	selector := labels.Nothing()
	if baseline.Spec.NamespaceSelector != nil {
		if parsed, err := metav1.LabelSelectorAsSelector(baseline.Spec.NamespaceSelector); err == nil {
			selector = parsed
		}
	}
	var names []string
	for _, namespace := range r.cachedNamespaces.List() {
		asks := strings.Contains(namespace.Annotations[v1alpha1.AnnotationBaseline], baseline.Name)
		if (asks || selector.Matches(labels.Set(namespace.Labels))) && !policy.Excluded(namespace.Name, r.Namespace) {
			names = append(names, namespace.Name)
		}
	}
	return names
}

// enqueueUsers enqueues the namespaces of the Baselines that use a backup.
func (r *Reconciler) enqueueUsers(ctx context.Context, q queue.Requests, backup client.Object) {
	var baselines v1alpha1.BaselineList
	if err := r.Executor.Client.List(ctx, &baselines); err != nil {
		return // only possible while the cache starts, which lists every namespace anyway
	}
	for i := range baselines.Items {
		if baselines.Items[i].Spec.Backup == backup.GetName() {
			r.enqueueFor(ctx, q, &baselines.Items[i])
		}
	}
}

// hintsBuffered bounds the hints that wait for the queue of the leader. Without a leader there is no reader: the buffer fills
// once, and every further hint is dropped at no cost.
const hintsBuffered = 1024

// HintRecorder records whether hints were queued.
type HintRecorder interface{ Hint(queued bool) }

// Hints carries the names of namespaces that admission allowed to the queue. A hint proves nothing: the namespace is not
// persisted yet and may never be. A dropped one follows by the watch.
type Hints struct {
	events   chan event.TypedGenericEvent[string]
	recorder HintRecorder
}

// NewHints returns the channel between admission and the namespace controller.
func NewHints(recorder HintRecorder) *Hints {
	return &Hints{events: make(chan event.TypedGenericEvent[string], hintsBuffered), recorder: recorder}
}

// Enqueue adds a hint, or drops it if the buffer is full. It never blocks.
func (h *Hints) Enqueue(namespace string, _ types.UID) {
	select {
	case h.events <- event.TypedGenericEvent[string]{Object: namespace}:
		h.recorder.Hint(true)
	default:
		h.recorder.Hint(false)
	}
}
