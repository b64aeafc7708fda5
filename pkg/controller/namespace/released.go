package namespace

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/records"
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/pkg/seal"
)

// releasedBaselines returns the baselines that a namespace holds and would not get today, sorted: the Baseline was deleted or
// created again since, does not select the namespace any more, or refuses it.
func (s *snapshot) releasedBaselines() []string {
	var names []string
	chosen := namesIn(&s.decision)
	for baseline := range s.records {
		if !slices.Contains(chosen, baseline) {
			names = append(names, baseline)
		}
	}
	for _, choice := range s.decision.Choices {
		if choice.Settled {
			names = append(names, choice.Baseline)
		}
	}
	slices.Sort(names)
	return names
}

// warnOfReleased emits an event if a record was deleted that nothing creates again, because its deletion asks for the restore.
func (r *Reconciler) warnOfReleased(ctx context.Context, record *v1alpha1.BaselineRecord) {
	namespace := &corev1.Namespace{}
	if err := r.Executor.Client.Get(ctx, types.NamespacedName{Name: record.Namespace}, namespace); err != nil ||
		namespace.DeletionTimestamp != nil || !records.IsOwnedBy(record, namespace.UID) || records.CachedVerdict(record) != seal.Good {
		return
	}
	var baselines v1alpha1.BaselineList
	if err := r.Executor.Client.List(ctx, &baselines, client.UnsafeDisableDeepCopy); err != nil {
		return // only possible while the cache starts
	}
	decision := policy.Compile(baselines.Items).Decide(namespace, true)
	if slices.ContainsFunc(decision.Choices, func(c policy.Choice) bool { return c.Baseline == record.Name }) {
		return
	}
	r.Executor.Events.Eventf(namespace, nil, corev1.EventTypeWarning, v1alpha1.ReasonNoBaseline, "Restore",
		"the record of baseline %s was deleted, and nothing restores it again: the baseline is not for this namespace any more; "+
			"to restore it, set the annotation %s, or spec.existingNamespaces of the baseline to %s",
		record.Name, v1alpha1.AnnotationBaseline, v1alpha1.ExistingNamespacesPopulate)
}
