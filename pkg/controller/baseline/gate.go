package baseline

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// labelGate sets v1alpha1.LabelGate on a Baseline that holds no Pods and removes it from one that does. The gate evaluates a
// Baseline that is not labelled yet, so that it holds Pods from its creation on.
func (r *Reconciler) labelGate(ctx context.Context, baseline *v1alpha1.Baseline) error {
	if !lacksGateLabel(baseline) {
		return nil
	}
	labelled := baseline.DeepCopy()
	if baseline.Spec.Gate == v1alpha1.GatePods {
		delete(labelled.Labels, v1alpha1.LabelGate)
	} else {
		metav1.SetMetaDataLabel(&labelled.ObjectMeta, v1alpha1.LabelGate, string(v1alpha1.GateNone))
	}
	// The live Baseline may hold Pods by now.
	patch := client.MergeFromWithOptions(baseline, client.MergeFromWithOptimisticLock{})
	err := r.Client.Patch(ctx, labelled, patch, client.FieldOwner(v1alpha1.FieldManager))
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return nil // the change has an event of its own
	}
	if err != nil {
		return fmt.Errorf("labelling baseline %s: %w", baseline.Name, err)
	}
	return nil
}

// lacksGateLabel reports whether a Baseline's label v1alpha1.LabelGate contradicts its spec.gate.
func lacksGateLabel(object client.Object) bool {
	baseline, ok := object.(*v1alpha1.Baseline)
	if !ok {
		return false
	}
	value, found := baseline.Labels[v1alpha1.LabelGate]
	if baseline.Spec.Gate == v1alpha1.GatePods {
		return found
	}
	return value != string(v1alpha1.GateNone)
}
