package controller

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/pkg/seal"
)

// snapshot is everything that deciding about a namespace looks at, read from the cache.
type snapshot struct {
	decision policy.Decision
	// baselines are those that are not being deleted.
	baselines map[string]*v1alpha1.Baseline
	// records are those that prove something, by baseline; lost are those whose key is lost. Both lack their long lists.
	records, lost map[string]*v1alpha1.BaselineRecord
	// undecided reports whether it is not known yet if the annotation was reviewed.
	undecided bool
	// held is why the namespace is held for Velero, in one line; empty if it is not.
	held string
}

func (r *NamespaceReconciler) takeSnapshot(ctx context.Context, namespace *corev1.Namespace) (*snapshot, error) {
	var baselines v1alpha1.BaselineList
	if err := r.Executor.Client.List(ctx, &baselines, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing baselines: %w", err)
	}
	var records v1alpha1.BaselineRecordList
	if err := r.Executor.Client.List(ctx, &records, client.InNamespace(namespace.Name)); err != nil {
		return nil, fmt.Errorf("listing the records of namespace %s: %w", namespace.Name, err)
	}
	s := &snapshot{
		baselines: make(map[string]*v1alpha1.Baseline, len(baselines.Items)),
		records:   make(map[string]*v1alpha1.BaselineRecord, len(records.Items)),
		lost:      map[string]*v1alpha1.BaselineRecord{},
	}
	for i := range baselines.Items {
		if baseline := &baselines.Items[i]; baseline.DeletionTimestamp == nil { // a finalizer may hold it for long
			s.baselines[baseline.Name] = baseline
		}
	}
	for i := range records.Items {
		s.addRecord(&records.Items[i], namespace.UID)
	}
	if err := r.decideBaselines(ctx, namespace, policy.Compile(baselines.Items), s); err != nil {
		return nil, err
	}
	r.addAssumed(s, namespace.UID)
	s.dropSatisfiedRefusals()
	return s, nil
}

// addRecord files a cached record by what its seal proves. One that is being deleted counts as absent.
func (s *snapshot) addRecord(record *v1alpha1.BaselineRecord, namespace types.UID) {
	if record.DeletionTimestamp != nil || !ownedBy(record, namespace) {
		return
	}
	switch cachedVerdict(record) {
	case seal.Good:
		s.records[record.Name] = record
	case seal.Lost:
		s.lost[record.Name] = record
	}
}

// addAssumed adds the records that this process wrote and the cache does not show yet.
func (r *NamespaceReconciler) addAssumed(s *snapshot, namespace types.UID) {
	for _, baseline := range namesIn(&s.decision) {
		if record := r.assumed.newestOf(recordKey{namespace, baseline}, s.records[baseline]); record != nil {
			s.records[baseline] = record
			delete(s.lost, baseline)
		}
	}
}

// dropSatisfiedRefusals forgives refusals that a record answers already. What a namespace holds only grows, so a
// baseline that was restored stays restored when it is deleted or closed to the namespace, or when its annotation counts as
// never reviewed any more.
func (s *snapshot) dropSatisfiedRefusals() {
	var refusals []policy.Refusal
	for _, refusal := range s.decision.Refusals {
		record := s.records[refusal.Baseline]
		switch {
		case record == nil && s.lost[refusal.Baseline] != nil && refusal.Reason == v1alpha1.ReasonNotAuthorized && s.baselines[refusal.Baseline] != nil:
			// Its key is lost: it is released, or adopted, and never restored.
			s.decision.Choices = append(s.decision.Choices, policy.Choice{Baseline: refusal.Baseline, Asked: true})
		case record == nil:
			refusals = append(refusals, refusal)
		case refusal.Reason == v1alpha1.ReasonNotAuthorized && s.baselines[refusal.Baseline] != nil:
			s.decision.Choices = append(s.decision.Choices, policy.Choice{Baseline: refusal.Baseline, Asked: true})
		case record.Result.Phase == v1alpha1.PhaseCompleted:
			s.decision.Choices = append(s.decision.Choices, policy.Choice{Baseline: refusal.Baseline, Asked: true, Settled: true})
		default:
			refusals = append(refusals, refusal)
		}
	}
	s.decision.Refusals = refusals
}

// namesIn returns every baseline that a decision is about.
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
