package fleet

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

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
	records    []v1alpha1.BaselineRecord
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
	statuses := make(map[string]*fleetStatus, len(f.baselines))
	current := make(map[string]*v1alpha1.Baseline, len(f.baselines))
	for i := range f.baselines {
		statuses[f.baselines[i].Name], current[f.baselines[i].Name] = &fleetStatus{}, &f.baselines[i]
	}
	held := f.recordsByNamespace(current)
	baselines := policy.Compile(f.baselines)
	for _, namespace := range f.namespaces {
		records := held[namespace.UID]
		failures := &namespaceFailures{attempts: f.attempts, namespace: namespace, baselines: current}
		for _, holding := range baselines.Holdings(namespace, f.isReviewed(namespace), records.held, failures) {
			status := statuses[holding.Baseline]
			status.addHolding(&holding, f.keyLost)
			if holding.Held != nil && holding.State != policy.HoldingReleased && holding.IsUpdated() {
				status.holders = append(status.holders, f.newHolder(namespace, current[holding.Baseline], records.findRecord(holding.Baseline)))
			}
		}
	}
	return statuses
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

// newHolder returns the part of a namespace that the rollout of a baseline depends on. An incomplete restore or update of an
// older revision is outdated: an update to the present one replaces it.
func (f *fleet) newHolder(namespace *corev1.Namespace, baseline *v1alpha1.Baseline, record *v1alpha1.BaselineRecord) policy.Holder {
	holder := policy.Holder{Namespace: namespace.Name, Labels: namespace.Labels, State: policy.HolderUpdated, Kept: record.HasKept()}
	isComplete := record.IsComplete()
	holder.Incomplete = !isComplete
	hash, held := baseline.Status.RevisionHash, record.HeldRevision()
	isPresent := held.Hash == hash
	switch {
	case isPresent && f.isUnderWay(namespace, record):
		holder.State, holder.Running = policy.HolderOutdated, true
	case isPresent && !isComplete, f.attempts.HasFailedUpdate(namespace, baseline.Name, hash):
		holder.State = policy.HolderFailed
	case !isPresent && (!isComplete || baseline.IsOutdated(held)):
		holder.State, holder.Running = policy.HolderOutdated, f.isRunning(baseline.Name, namespace.Name)
	}
	if isPresent && isComplete && record.Update != nil && record.Update.CompletionTimestamp != nil { // each retry would prolong a soak
		holder.Ended = record.Update.CompletionTimestamp.Time
	}
	return holder
}

// isUnderWay reports whether the update of a namespace is being made, and need not fail.
func (f *fleet) isUnderWay(namespace *corev1.Namespace, record *v1alpha1.BaselineRecord) bool {
	return record.Update.IsUnderWay() && !f.attempts.HasFailed(namespace, record.Name)
}

// heldRecords are the records of a namespace. held has the part of each that decides, at the same index.
type heldRecords struct {
	records []*v1alpha1.BaselineRecord
	held    []policy.Held
}

// findRecord returns the record of a baseline, or nil.
func (h *heldRecords) findRecord(baseline string) *v1alpha1.BaselineRecord {
	for _, record := range h.records {
		if record.Name == baseline {
			return record
		}
	}
	return nil
}

// recordsByNamespace returns the records with a good seal or a lost key of the Baselines that exist.
func (f *fleet) recordsByNamespace(baselines map[string]*v1alpha1.Baseline) map[types.UID]heldRecords {
	all := make(map[types.UID]heldRecords, len(f.namespaces))
	for i := range f.records {
		record := &f.records[i]
		baseline, verdict := baselines[record.Name], records.CachedVerdict(record)
		if baseline == nil || record.DeletionTimestamp != nil || verdict != seal.Good && verdict != seal.Lost {
			continue
		}
		held := policy.NewHeld(baseline, record)
		held.KeyLost = verdict == seal.Lost
		ofNamespace := all[record.NamespaceUID()]
		ofNamespace.records, ofNamespace.held = append(ofNamespace.records, record), append(ofNamespace.held, held)
		all[record.NamespaceUID()] = ofNamespace
	}
	return all
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
