package namespace

import (
	"context"

	corev1 "k8s.io/api/core/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/audit"
	"seedbed.dev/seedbed/pkg/controller/records"
)

// FindHolder returns a namespace as the holder of a Baseline. It has no record if the namespace does not hold it.
func (r *Reconciler) FindHolder(ctx context.Context, namespace *corev1.Namespace, baseline *v1alpha1.Baseline) (audit.Holder, error) {
	holder := audit.Holder{Namespace: namespace, Baseline: baseline}
	known, err := r.takeSnapshot(ctx, namespace)
	if err != nil {
		return holder, err
	}
	if record := known.records[baseline.Name]; record != nil {
		holder.Record, holder.WrittenAt = record, records.WrittenAt(record)
	}
	return holder, nil
}
