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
	namespaces []corev1.Namespace
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
	held := f.recordsByNamespace()
	baselines := policy.Compile(f.baselines)
	for i := range f.namespaces {
		namespace := &f.namespaces[i]
		records := held[namespace.UID]
		for _, choice := range f.chosenBaselines(baselines, namespace, current, records) {
			record := records[choice.Baseline]
			if record != nil && isLost(record) && !choice.Required {
				continue // it is released: nothing restores it
			}
			delete(records, choice.Baseline)
			status, baseline := statuses[choice.Baseline], current[choice.Baseline]
			f.countHolder(status, namespace, baseline, record)
			if record != nil && !isLost(record) && choice.IsUpdated() {
				status.holders = append(status.holders, f.newHolder(namespace, baseline, record))
			}
		}
		for baseline, record := range records {
			if status := statuses[baseline]; status != nil {
				status.addReleased(record, f.keyLost)
			}
		}
	}
	return statuses
}

// newHolder returns the part of a namespace that the rollout of a baseline depends on. An incomplete restore or update of an
// older revision is outdated: an update to the present one replaces it.
func (f *fleet) newHolder(namespace *corev1.Namespace, baseline *v1alpha1.Baseline, record *v1alpha1.BaselineRecord) policy.Holder {
	holder := policy.Holder{Namespace: namespace.Name, Labels: namespace.Labels, State: policy.HolderUpdated, Kept: hasKept(record)}
	isComplete := record.Result.Phase == v1alpha1.PhaseCompleted && record.Update.IsComplete()
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

// hasKept reports whether a restore or the last update left an object alone.
func hasKept(record *v1alpha1.BaselineRecord) bool {
	return record.Result.Counts.Kept > 0 || record.Update != nil && record.Update.Counts.Kept > 0
}

// chosenBaselines returns the baselines that a namespace should hold now. An annotation that is not in force, because the
// policies that review it are not, was reviewed when its baselines were restored.
func (f *fleet) chosenBaselines(baselines *policy.Set, namespace *corev1.Namespace, current map[string]*v1alpha1.Baseline, records map[string]*v1alpha1.BaselineRecord) []policy.Choice {
	decision := baselines.Decide(namespace, f.isReviewed(namespace))
	for _, refusal := range decision.Refusals {
		if refusal.Reason == v1alpha1.ReasonNotAuthorized && records[refusal.Baseline] != nil && current[refusal.Baseline] != nil {
			decision.Choices = append(decision.Choices, policy.Choice{Baseline: refusal.Baseline, Asked: true, Unreviewed: true})
		}
	}
	return decision.Choices
}

// recordsByNamespace returns the records with a good seal or a lost key, by namespace and baseline.
func (f *fleet) recordsByNamespace() map[types.UID]map[string]*v1alpha1.BaselineRecord {
	held := map[types.UID]map[string]*v1alpha1.BaselineRecord{}
	for i := range f.records {
		record := &f.records[i]
		if verdict := records.CachedVerdict(record); record.DeletionTimestamp != nil || verdict != seal.Good && verdict != seal.Lost {
			continue
		}
		namespace := record.NamespaceUID()
		if held[namespace] == nil {
			held[namespace] = map[string]*v1alpha1.BaselineRecord{}
		}
		held[namespace][record.Name] = record
	}
	return held
}

// countHolder counts a namespace that should hold a baseline. record is nil if there is none.
func (f *fleet) countHolder(status *fleetStatus, namespace *corev1.Namespace, baseline *v1alpha1.Baseline, record *v1alpha1.BaselineRecord) {
	status.Namespaces++
	hasRecord := record != nil && !isLost(record)
	switch {
	case !hasRecord && !f.attempts.HasFailed(namespace, baseline.Name):
		status.PendingNamespaces++
		return
	case hasRecord && f.isUnderWay(namespace, record):
		status.OutdatedNamespaces++
	case !hasRecord, record.Result.Phase != v1alpha1.PhaseCompleted, !record.Update.IsComplete(),
		f.attempts.HasFailedUpdate(namespace, baseline.Name, baseline.Status.RevisionHash):
		status.FailedNamespaces++
		return
	case baseline.IsOutdated(record.HeldRevision()):
		status.OutdatedNamespaces++
	default:
		status.UpdatedNamespaces++
	}
	if hasKept(record) {
		status.KeptNamespaces++
	}
}

// isLost reports whether the key of a record is lost.
func isLost(record *v1alpha1.BaselineRecord) bool { return records.CachedVerdict(record) == seal.Lost }

// addReleased counts a namespace that holds the baseline and would not get it today.
func (s *fleetStatus) addReleased(record *v1alpha1.BaselineRecord, keyLost *metav1.Time) {
	s.ReleasedNamespaces++
	if isLost(record) {
		s.keyLost = keyLost
	}
}
