package fleet

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/audit"
	"seedbed.dev/seedbed/pkg/controller/records"
	"seedbed.dev/seedbed/pkg/policy"
)

// Holders returns the namespaces to audit, with each of their baselines: they would get it today, its restore or update is complete but
// for objects that wait for labels of the namespace, and its drift is not ignored. Besides, it returns those that were released from a
// protected baseline.
func (r *Reconciler) Holders(ctx context.Context) ([]audit.Holder, error) {
	all, err := r.readFleet(ctx)
	if err != nil {
		return nil, err
	}
	current := all.currentBaselines()
	holders := make([]audit.Holder, 0, len(all.records))
	all.visitHoldings(current, func(namespace *corev1.Namespace, holding *policy.Holding, record *v1alpha1.BaselineRecord) {
		baseline := current[holding.Baseline]
		isReleased := holding.State == policy.HoldingReleased && baseline.Spec.IsProtected()
		if !isReleased && !isHolder(holding) || record == nil || !record.IsSettled() || record.Result.Provisional || baseline.Spec.DriftPolicyInForce() == v1alpha1.DriftIgnore {
			return
		}
		holders = append(holders, audit.Holder{
			Namespace: namespace, Baseline: baseline, Record: record, WrittenAt: records.WrittenAt(record), Released: isReleased,
		})
	})
	return holders, nil
}

// IsCurrent reports whether neither the record nor the spec of the Baseline of a namespace has changed since Holders.
func (r *Reconciler) IsCurrent(ctx context.Context, holder *audit.Holder) bool {
	record, baseline := &v1alpha1.BaselineRecord{}, &v1alpha1.Baseline{}
	return r.Client.Get(ctx, client.ObjectKeyFromObject(holder.Record), record) == nil && record.ResourceVersion == holder.Record.ResourceVersion &&
		r.Client.Get(ctx, client.ObjectKeyFromObject(holder.Baseline), baseline) == nil && baseline.Generation == holder.Baseline.Generation
}
