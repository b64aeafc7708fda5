package controller

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// recordNameIndex finds records by their name in the cache, which is their baseline's.
const recordNameIndex = "metadata.name"

// countEvery bounds how often a Baseline's counts are written while its namespaces are being populated: a
// burst of a thousand namespaces costs a few writes, not a thousand.
const countEvery = 5 * time.Second

// SetupWithManager watches Baselines, the backups that they use, and the records that count.
func (r *BaselineReconciler) SetupWithManager(mgr ctrl.Manager) error {
	err := mgr.GetFieldIndexer().IndexField(context.Background(), &v1alpha1.BaselineRecord{}, recordNameIndex, func(object client.Object) []string {
		return []string{object.GetName()}
	})
	if err != nil {
		return fmt.Errorf("indexing records by baseline: %w", err)
	}
	later := func(record client.Object, q requests) {
		q.AddAfter(reconcile.Request{NamespacedName: types.NamespacedName{Name: record.GetName()}}, countEvery)
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named("baseline").
		For(&v1alpha1.Baseline{}, builder.WithPredicates(predicate.Or[client.Object](
			predicate.GenerationChangedPredicate{}, predicate.NewPredicateFuncs(lacksGateLabel)))).
		Watches(&v1alpha1.BaselineBackup{}, handler.EnqueueRequestsFromMapFunc(r.usersOf),
			builder.WithPredicates(predicate.Funcs{UpdateFunc: phaseChanged})).
		Watches(&v1alpha1.BaselineRecord{}, handler.Funcs{
			CreateFunc: ignoreInitialList(func(_ context.Context, q requests, record client.Object) { later(record, q) }),
			UpdateFunc: func(_ context.Context, e event.UpdateEvent, q requests) { later(e.ObjectNew, q) },
			DeleteFunc: func(_ context.Context, e event.DeleteEvent, q requests) { later(e.Object, q) },
		}).
		WithOptions(controller.Options{RateLimiter: rateLimiter(), LogConstructor: logsOf(mgr, "baseline")}).
		Complete(r)
}

func (r *BaselineReconciler) usersOf(ctx context.Context, backup client.Object) []reconcile.Request {
	var baselines v1alpha1.BaselineList
	if err := r.Client.List(ctx, &baselines); err != nil {
		return nil // only possible while the cache starts, which lists every Baseline anyway
	}
	var out []reconcile.Request
	for i := range baselines.Items {
		if baselines.Items[i].Spec.Backup == backup.GetName() {
			out = append(out, reconcile.Request{NamespacedName: types.NamespacedName{Name: baselines.Items[i].Name}})
		}
	}
	return out
}
