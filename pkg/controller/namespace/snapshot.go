package namespace

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/records"
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/pkg/seal"
)

// snapshot has the cached state that a decision about a namespace depends on.
type snapshot struct {
	decision policy.Decision
	// baselines are those that are not being deleted.
	baselines map[string]*v1alpha1.Baseline
	// records are those that prove something, by baseline; lost are those whose key is lost. Both lack their long lists.
	records, lost map[string]*v1alpha1.BaselineRecord
	// endRestore ends the count of the first restores that this reconcile makes; nil if it has made none.
	endRestore func()
	// undecided is set while the verdict on the annotation is unknown.
	undecided bool
	// held is the reason why the namespace is held for Velero, in one line; "" if it is not.
	held string
}

// takeSnapshot reads the Baselines and the records of a namespace from the cache, and decides about it.
func (r *Reconciler) takeSnapshot(ctx context.Context, namespace *corev1.Namespace) (*snapshot, error) {
	var baselines v1alpha1.BaselineList
	if err := r.Executor.Client.List(ctx, &baselines, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing baselines: %w", err)
	}
	var held v1alpha1.BaselineRecordList
	if err := r.Executor.Client.List(ctx, &held, client.InNamespace(namespace.Name)); err != nil {
		return nil, fmt.Errorf("listing the records of namespace %s: %w", namespace.Name, err)
	}
	s := &snapshot{
		baselines: make(map[string]*v1alpha1.Baseline, len(baselines.Items)),
		records:   make(map[string]*v1alpha1.BaselineRecord, len(held.Items)),
		lost:      map[string]*v1alpha1.BaselineRecord{},
	}
	for i := range baselines.Items {
		if baseline := &baselines.Items[i]; baseline.DeletionTimestamp == nil { // a finalizer may hold it for long
			s.baselines[baseline.Name] = baseline
		}
	}
	for i := range held.Items {
		s.addRecord(&held.Items[i], namespace.UID)
	}
	if err := r.decideBaselines(ctx, namespace, policy.Compile(baselines.Items), s); err != nil {
		return nil, err
	}
	r.addAssumed(s, namespace.UID)
	s.dropSatisfiedRefusals()
	return s, nil
}

// addRecord adds a cached record by the verdict on its seal. A record that is being deleted counts as absent.
func (s *snapshot) addRecord(record *v1alpha1.BaselineRecord, namespace types.UID) {
	if record.DeletionTimestamp != nil || !records.IsOwnedBy(record, namespace) {
		return
	}
	switch records.CachedVerdict(record) {
	case seal.Good:
		s.records[record.Name] = record
	case seal.Lost:
		s.lost[record.Name] = record
	case seal.Forged: // proves nothing
	}
}

// addAssumed adds the records that this process wrote and the informer cache does not show yet.
func (r *Reconciler) addAssumed(s *snapshot, namespace types.UID) {
	for _, baseline := range namesIn(&s.decision) {
		if record := r.assumed.newestOf(recordKey{namespace, baseline}, s.records[baseline]); record != nil {
			s.records[baseline] = record
			delete(s.lost, baseline)
		}
	}
}

// dropSatisfiedRefusals removes the refusals of baselines that the namespace holds. Held baselines only grow: one that was
// restored stays when its Baseline is deleted or closed to the namespace, or when its annotation no longer counts as reviewed.
func (s *snapshot) dropSatisfiedRefusals() {
	var refusals []policy.Refusal
	for _, refusal := range s.decision.Refusals {
		record := s.records[refusal.Baseline]
		isHeld := record != nil || s.lost[refusal.Baseline] != nil // with a lost key it is released, or adopted, and never restored
		switch {
		case isHeld && refusal.Reason == v1alpha1.ReasonNotAuthorized && s.baselines[refusal.Baseline] != nil:
			s.decision.Choices = append(s.decision.Choices, policy.Choice{Baseline: refusal.Baseline, Asked: true, Unreviewed: true})
		case record != nil && record.Result.Phase == v1alpha1.PhaseCompleted:
			s.decision.Choices = append(s.decision.Choices, policy.Choice{Baseline: refusal.Baseline, Asked: true, Settled: true})
		default:
			refusals = append(refusals, refusal)
		}
	}
	s.decision.Refusals = refusals
}

// namesIn returns the names of all baselines of a decision.
func namesIn(decision *policy.Decision) []string {
	names := make([]string, 0, len(decision.Choices)+len(decision.Refusals))
	for i := range decision.Choices {
		names = append(names, decision.Choices[i].Baseline)
	}
	for i := range decision.Refusals {
		names = append(names, decision.Refusals[i].Baseline)
	}
	return names
}

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
