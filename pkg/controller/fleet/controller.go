package fleet

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/authorization"
	"seedbed.dev/seedbed/pkg/controller/cached"
	"seedbed.dev/seedbed/pkg/controller/queue"
	"seedbed.dev/seedbed/pkg/controller/records"
	"seedbed.dev/seedbed/pkg/internal/kube"
	"seedbed.dev/seedbed/pkg/policy"
)

// Attempts knows the restores that failed without a record.
type Attempts interface {
	// HasFailed reports whether an attempt at a baseline failed without a record.
	HasFailed(namespace *corev1.Namespace, baseline string) bool
	// HasFailedUpdate reports whether an update to a revision failed without a record.
	HasFailedUpdate(namespace *corev1.Namespace, baseline, revisionHash string) bool
}

// Authorization decides whether the admission policies reviewed the annotation of a namespace.
type Authorization interface {
	Annotation(namespace *corev1.Namespace) authorization.Verdict
}

// Recorder records the state of each Baseline; package metrics implements it.
type Recorder interface {
	// Baseline records whether the baseline is Required, the numbers of namespaces by state, the step of the rollout, and the reason of
	// the condition RolledOut.
	Baseline(baseline string, isRequired bool, namespaces map[string]int32, step int32, reason string)
	// KeepBaselines forgets all other Baselines.
	KeepBaselines(kept sets.Set[string])
}

// Reconciler counts, in the status of each Baseline, the namespaces that should hold it and those that do, and rolls its revisions
// out. It considers all Baselines in one pass over the cache.
type Reconciler struct {
	Client client.Client
	Events events.EventRecorder
	Clock  clock.PassiveClock
	// Namespace is Seedbed's own. It is never populated, and so never counted.
	Namespace     string
	Authorization Authorization
	Attempts      Attempts
	Keys          records.LostKeys
	Slots         *Slots
	Recorder      Recorder

	namespaces *cached.Store[*corev1.Namespace]
	records    *cached.Store[*v1alpha1.BaselineRecord]
}

// countEvery is the shortest interval between two passes: a burst of a thousand namespaces costs a few of them, not a thousand. A
// change of a Baseline, and a rollout that has updated all that it may, do not wait for it.
const countEvery = 5 * time.Second

// everyBaseline is the only request: each change counts all Baselines.
var everyBaseline = queue.RequestFor("every-baseline")

// SetupWithManager counts countEvery after a change of a namespace or a record, and at once after one of a Baseline that a rollout
// depends on.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) (err error) {
	if r.namespaces, err = cached.NewStore(mgr, &corev1.Namespace{}); err != nil {
		return err
	}
	if r.records, err = cached.NewStore(mgr, &v1alpha1.BaselineRecord{}); err != nil {
		return err
	}
	later := func(q queue.Requests) { q.AddAfter(everyBaseline, countEvery) }
	changes := handler.Funcs{
		CreateFunc: func(_ context.Context, _ event.CreateEvent, q queue.Requests) { later(q) },
		UpdateFunc: func(_ context.Context, _ event.UpdateEvent, q queue.Requests) { later(q) },
		DeleteFunc: func(_ context.Context, _ event.DeleteEvent, q queue.Requests) { later(q) },
	}
	baselines := changes
	baselines.UpdateFunc = func(_ context.Context, e event.UpdateEvent, q queue.Requests) {
		if isRolloutChanged(e) {
			q.Add(everyBaseline)
		}
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named("fleet").
		Watches(&v1alpha1.Baseline{}, baselines).
		Watches(&corev1.Namespace{}, changes).
		Watches(&v1alpha1.BaselineRecord{}, changes).
		WatchesRawSource(queue.Names(r.Slots.exhausted, func(q queue.Requests, _ string) { q.Add(everyBaseline) })).
		WithOptions(queue.Options(mgr, "fleet", 1)).
		Complete(r)
}

// isRolloutChanged reports whether an update of a Baseline changed its spec, its annotations, its revision or its readiness.
func isRolloutChanged(e event.UpdateEvent) bool {
	oldObj, ok := e.ObjectOld.(*v1alpha1.Baseline)
	newObj, ok2 := e.ObjectNew.(*v1alpha1.Baseline)
	if !ok || !ok2 {
		return false
	}
	isReady := func(b *v1alpha1.Baseline) bool {
		return meta.IsStatusConditionTrue(b.Status.Conditions, v1alpha1.ConditionReady)
	}
	return oldObj.Generation != newObj.Generation || oldObj.Status.ObservedGeneration != newObj.Status.ObservedGeneration ||
		oldObj.Status.RevisionHash != newObj.Status.RevisionHash || oldObj.Status.ContentDigest != newObj.Status.ContentDigest ||
		isReady(oldObj) != isReady(newObj) || !maps.Equal(oldObj.Annotations, newObj.Annotations)
}

// Reconcile writes the statuses that changed, and hands out the namespaces that may begin an update.
func (r *Reconciler) Reconcile(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
	all, err := r.readFleet(ctx)
	if err != nil {
		return reconcile.Result{}, err
	}
	statuses := all.countAll()
	var failed []error
	var delays []time.Duration
	present := sets.New[string]()
	for i := range all.baselines {
		baseline := &all.baselines[i]
		if baseline.DeletionTimestamp != nil {
			continue
		}
		present.Insert(baseline.Name)
		after, err := r.updateStatus(ctx, baseline, statuses[baseline.Name])
		delays, failed = append(delays, after), append(failed, err)
	}
	r.Slots.keepRollouts(present)
	r.Recorder.KeepBaselines(present)
	return reconcile.Result{RequeueAfter: kube.Soonest(delays...)}, errors.Join(failed...)
}

// readFleet lists the objects to count from the cache.
func (r *Reconciler) readFleet(ctx context.Context) (*fleet, error) {
	var baselines v1alpha1.BaselineList
	if err := r.Client.List(ctx, &baselines, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing baselines: %w", err)
	}
	all := &fleet{
		baselines: baselines.Items, namespaces: r.populatedNamespaces(), records: r.records.List(),
		isReviewed: r.isReviewed, attempts: r.Attempts, isRunning: r.Slots.isRunning,
	}
	if lost := r.Keys.LostSince(); !lost.IsZero() {
		all.keyLost = &metav1.Time{Time: lost}
	}
	return all, nil
}

// populatedNamespaces returns the namespaces that Seedbed populates, sorted by name.
func (r *Reconciler) populatedNamespaces() []*corev1.Namespace {
	namespaces := r.namespaces.List()
	namespaces = slices.DeleteFunc(namespaces, func(n *corev1.Namespace) bool { return !policy.CanHold(n, r.Namespace) })
	slices.SortFunc(namespaces, func(a, b *corev1.Namespace) int { return strings.Compare(a.Name, b.Name) })
	return namespaces
}

// isReviewed reports whether a namespace's annotation is in force. An annotation without a verdict counts as reviewed, because
// the policies are read within seconds of a start and most annotations were.
func (r *Reconciler) isReviewed(namespace *corev1.Namespace) bool {
	_, asks := namespace.Annotations[v1alpha1.AnnotationBaseline]
	return asks && r.Authorization.Annotation(namespace) != authorization.NotReviewed
}
