package baseline

import (
	"context"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/queue"
)

// SetupWithManager watches Baselines and the backups that they use.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("baseline").
		For(&v1alpha1.Baseline{}, builder.WithPredicates(predicate.Or[client.Object](
			predicate.GenerationChangedPredicate{}, predicate.NewPredicateFuncs(lacksGateLabel)))).
		Watches(&v1alpha1.BaselineBackup{}, handler.EnqueueRequestsFromMapFunc(r.usersOf),
			builder.WithPredicates(predicate.Funcs{UpdateFunc: queue.BackupPhaseChanged})).
		WithOptions(queue.Options(mgr, "baseline", 1)).
		Complete(r)
}

func (r *Reconciler) usersOf(ctx context.Context, backup client.Object) []reconcile.Request {
	var baselines v1alpha1.BaselineList
	if err := r.Client.List(ctx, &baselines); err != nil {
		return nil // only possible while the cache starts, which lists every Baseline anyway
	}
	var out []reconcile.Request
	for i := range baselines.Items {
		if baselines.Items[i].Spec.Backup == backup.GetName() {
			out = append(out, queue.RequestFor(baselines.Items[i].Name))
		}
	}
	return out
}
