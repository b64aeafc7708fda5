package controller

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// releaseRunning sets BaselineGuarded before anything is restored, if the namespace was there before it was given its gated
// baselines: its Pods may have to come back while a restore takes long. Where that fails, the report after the restore tries
// again. While it is not known whether the annotation was reviewed, the baselines that it asks for are not known either.
func (r *NamespaceReconciler) releaseRunningPods(ctx context.Context, namespace *corev1.Namespace, known *snapshot) {
	gated := gatedBaselines(namespace, known, nil)
	if known.undecided || len(gated) == 0 || !combineGated(gated).late || isGuarded(r.conditionsOf(namespace)) {
		return
	}
	guarded := guardedCondition(gated, false, nil)
	if err := r.writeConditions(ctx, namespace, []corev1.NamespaceCondition{*guarded}); err != nil {
		log.FromContext(ctx).Info("Could not release the pods of a running namespace yet", "namespace", namespace.Name, "reason", err.Error())
	}
}
