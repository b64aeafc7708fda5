package namespace

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// releaseRunningPods sets BaselineGuarded before anything is restored if the namespace existed before it got its gated baselines:
// its Pods may have to come back during a long restore. If the write fails, the report after the restore retries it. While the
// verdict on the annotation is unknown, so are the baselines that it asks for.
func (r *Reconciler) releaseRunningPods(ctx context.Context, namespace *corev1.Namespace, known *snapshot) {
	gated := gatedBaselines(namespace, known, nil)
	if known.undecided || len(gated) == 0 || !combineGated(gated).late || isGuarded(r.conditionsOf(namespace)) {
		return
	}
	guarded := guardedCondition(gated, false, nil)
	if err := r.writeConditions(ctx, namespace, []corev1.NamespaceCondition{*guarded}); err != nil {
		log.FromContext(ctx).Info("Could not release the pods of a running namespace yet", "namespace", namespace.Name, "reason", err.Error())
	}
}
