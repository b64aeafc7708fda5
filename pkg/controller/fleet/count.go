package fleet

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/records"
	"seedbed.dev/seedbed/pkg/policy"
	"seedbed.dev/seedbed/pkg/seal"
)

// fleet has the objects to count. They come from the cache and are only read.
type fleet struct {
	baselines []v1alpha1.Baseline
	// namespaces are those that can be populated, sorted by name.
	namespaces []*corev1.Namespace
	records    []*v1alpha1.BaselineRecord
	// isReviewed reports whether a namespace's annotation is in force.
	isReviewed func(namespace *corev1.Namespace) bool
	attempts   Attempts
	// isRunning reports whether the update of a namespace has begun and need not be in the cache yet.
	isRunning func(baseline, namespace string) bool
	// keyLost is the time at which the keys of records were lost, or nil.
	keyLost *metav1.Time
}

// fleetStatus has the findings of one pass about a Baseline.
type fleetStatus struct {
	v1alpha1.NamespaceCounts
	keyLost *metav1.Time
	// holders are the namespaces that its rollout reaches, sorted.
	holders []policy.Holder
}

// runningHolders returns the names of the holders that are being updated.
func (s *fleetStatus) runningHolders() []string {
	var names []string
	for i := range s.holders {
		if s.holders[i].Running {
			names = append(names, s.holders[i].Namespace)
		}
	}
	return names
}

// countAll returns the status of each Baseline, by name.
func (f *fleet) countAll() map[string]*fleetStatus {
	statuses, current := make(map[string]*fleetStatus, len(f.baselines)), f.currentBaselines()
	for name := range current {
		statuses[name] = &fleetStatus{}
	}
	f.visitHoldings(current, func(namespace *corev1.Namespace, holding *policy.Holding, record *v1alpha1.BaselineRecord) {
		status := statuses[holding.Baseline]
		status.addHolding(holding, f.keyLost)
		if isHolder(holding) {
			status.holders = append(status.holders, f.newHolder(namespace, holding, current[holding.Baseline], record))
		}
	})
	return statuses
}

// currentBaselines returns the Baselines by name.
func (f *fleet) currentBaselines() map[string]*v1alpha1.Baseline {
	current := make(map[string]*v1alpha1.Baseline, len(f.baselines))
	for i := range f.baselines {
		current[f.baselines[i].Name] = &f.baselines[i]
	}
	return current
}

// isHolder reports whether a namespace holds a baseline that it would get today.
func isHolder(holding *policy.Holding) bool {
	return holding.Held != nil && holding.State != policy.HoldingReleased && holding.IsUpdated()
}

// visitHoldings calls visit for each namespace with each baseline that it should hold or holds. The record is nil if none counts.
func (f *fleet) visitHoldings(current map[string]*v1alpha1.Baseline, visit func(namespace *corev1.Namespace, holding *policy.Holding, record *v1alpha1.BaselineRecord)) {
	later := f.goodRecords(current)
	baselines := policy.Compile(f.baselines)
	for _, namespace := range f.namespaces {
		var own []*v1alpha1.BaselineRecord
		own, later = cutRecords(later, namespace)
		held := make([]policy.Held, len(own))
		for i, record := range own {
			held[i] = policy.NewHeld(current[record.Name], record)
			held[i].KeyLost = records.CachedVerdict(record) == seal.Lost
		}
		failures := &namespaceFailures{attempts: f.attempts, namespace: namespace, baselines: current}
		for _, holding := range baselines.Holdings(namespace, f.isReviewed(namespace), held, failures) {
			visit(namespace, &holding, findRecord(own, holding.Baseline))
		}
	}
}

// namespaceFailures implements policy.Failures for a namespace.
type namespaceFailures struct {
	attempts  Attempts
	namespace *corev1.Namespace
	baselines map[string]*v1alpha1.Baseline
}

// HasFailed implements policy.Failures.
func (n *namespaceFailures) HasFailed(baseline string) bool {
	return n.attempts.HasFailed(n.namespace, baseline)
}

// HasFailedUpdate implements policy.Failures.
func (n *namespaceFailures) HasFailedUpdate(baseline string) bool {
	return n.attempts.HasFailedUpdate(n.namespace, baseline, n.baselines[baseline].Status.RevisionHash)
}

// newHolder returns the part of a namespace that the rollout of a baseline depends on.
func (f *fleet) newHolder(namespace *corev1.Namespace, holding *policy.Holding, baseline *v1alpha1.Baseline, record *v1alpha1.BaselineRecord) policy.Holder {
	isComplete, held := record.IsComplete(), record.HeldRevision()
	isPresent := held.Hash == baseline.Status.RevisionHash
	holder := policy.Holder{Namespace: namespace.Name, Labels: namespace.Labels, Kept: record.HasKept(), Incomplete: !isComplete}
	holder.State, holder.Running = f.rolloutState(namespace, holding, baseline, record)
	isOfLabels := isComplete && !baseline.IsOutdated(held) && holder.State == policy.HolderOutdated
	holder.ValuesOnly = isOfLabels || isPresent && record.Result.AwaitsLabels
	if isPresent && isComplete { // each retry would prolong a soak
		holder.Ended = rolloutEnd(record)
	}
	return holder
}

// rolloutState returns the state of a namespace in the rollout of a baseline, and whether it is being updated. An incomplete restore or
// update of an older revision is outdated: an update to the present one replaces it.
func (f *fleet) rolloutState(namespace *corev1.Namespace, holding *policy.Holding, baseline *v1alpha1.Baseline, record *v1alpha1.BaselineRecord) (state policy.HolderState, running bool) {
	isComplete, hash, held := record.IsComplete(), baseline.Status.RevisionHash, record.HeldRevision()
	isPresent := held.Hash == hash
	switch {
	case isPresent && f.isUnderWay(namespace, record):
		return policy.HolderOutdated, true
	case isPresent && !isComplete, f.attempts.HasFailedUpdate(namespace, baseline.Name, hash):
		return policy.HolderFailed, false
	case !isPresent && (!isComplete || baseline.IsOutdated(held)), holding.State == policy.HoldingOutdated:
		return policy.HolderOutdated, f.isRunning(baseline.Name, namespace.Name)
	default:
		return policy.HolderUpdated, false
	}
}

// rolloutEnd returns the time at which a complete update to another revision ended; zero for one that brought the values of other labels,
// which would prolong a soak.
func rolloutEnd(record *v1alpha1.BaselineRecord) time.Time {
	update := record.Update
	if update == nil || update.CompletionTimestamp == nil || update.From.Hash == record.HeldRevision().Hash {
		return time.Time{}
	}
	return update.CompletionTimestamp.Time
}

// isUnderWay reports whether the update of a namespace is being made, and need not fail.
func (f *fleet) isUnderWay(namespace *corev1.Namespace, record *v1alpha1.BaselineRecord) bool {
	return record.Update.IsUnderWay() && !f.attempts.HasFailed(namespace, record.Name)
}

// findRecord returns the record of a baseline, or nil.
func findRecord(own []*v1alpha1.BaselineRecord, baseline string) *v1alpha1.BaselineRecord {
	for _, record := range own {
		if record.Name == baseline {
			return record
		}
	}
	return nil
}

// goodRecords returns the records with a good seal or a lost key of the Baselines that exist, sorted by namespace.
func (f *fleet) goodRecords(baselines map[string]*v1alpha1.Baseline) []*v1alpha1.BaselineRecord {
	good := make([]*v1alpha1.BaselineRecord, 0, len(f.records))
	for _, record := range f.records {
		verdict := records.CachedVerdict(record)
		if baselines[record.Name] != nil && record.DeletionTimestamp == nil && (verdict == seal.Good || verdict == seal.Lost) {
			good = append(good, record)
		}
	}
	slices.SortFunc(good, func(a, b *v1alpha1.BaselineRecord) int { return strings.Compare(a.Namespace, b.Namespace) })
	return good
}

// cutRecords returns the records of a namespace, and those of later ones. A record of an earlier namespace of that name is in
// neither.
func cutRecords(sorted []*v1alpha1.BaselineRecord, namespace *corev1.Namespace) (own, later []*v1alpha1.BaselineRecord) {
	for len(sorted) > 0 && sorted[0].Namespace < namespace.Name {
		sorted = sorted[1:]
	}
	end := 0
	for end < len(sorted) && sorted[end].Namespace == namespace.Name {
		end++
	}
	own = slices.DeleteFunc(sorted[:end:end], func(r *v1alpha1.BaselineRecord) bool { return !records.IsOwnedBy(r, namespace.UID) })
	return own, sorted[end:]
}

// addHolding counts a namespace that should hold the baseline, or holds it. keyLost is the time at which the keys of records were
// lost, or nil.
func (s *fleetStatus) addHolding(holding *policy.Holding, keyLost *metav1.Time) {
	if holding.State == policy.HoldingReleased {
		s.ReleasedNamespaces++
		if holding.Held.KeyLost {
			s.keyLost = keyLost
		}
		return
	}
	s.Namespaces++
	if holding.Kept {
		s.KeptNamespaces++
	}
	if holding.Drifted {
		s.DriftedNamespaces++
	}
	switch holding.State {
	case policy.HoldingPending:
		s.PendingNamespaces++
	case policy.HoldingFailed:
		s.FailedNamespaces++
	case policy.HoldingOutdated:
		s.OutdatedNamespaces++
	default:
		s.UpdatedNamespaces++
	}
}
