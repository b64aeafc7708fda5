package fleet

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/resource"
	"seedbed.dev/seedbed/pkg/policy"
)

// heldRecord is the part of a record that decides the state of its namespace, and the part that is printed. A whole record lists
// every object of the namespace: thousands of them would not fit in memory.
type heldRecord struct {
	policy.Held
	phase        string
	hash, backup string
	lastUpdate   *metav1.Time
	// failure, kept and drifted are the reasons of these states; empty for others.
	failure, kept, drifted string
}

// newHeldRecord reduces a baseline's record.
func newHeldRecord(baseline *v1alpha1.Baseline, record *v1alpha1.BaselineRecord) heldRecord {
	revision := record.HeldRevision()
	held := heldRecord{
		Held: policy.NewHeld(baseline, record), phase: resource.RecordPhase(record), hash: revision.Hash, backup: revision.Backup,
		lastUpdate: record.Result.CompletionTimestamp,
	}
	if update := record.Update; update != nil {
		held.phase, held.lastUpdate = string(update.Phase), update.CompletionTimestamp
		if update.IsComplete() {
			held.phase = resource.RecordPhase(record)
		}
	}
	if held.Incomplete {
		held.failure = resource.JoinReasons(resource.FailureReasons(record))
	}
	if held.Kept {
		held.kept = resource.JoinReasons(resource.KeptReasons(record))
	}
	held.drifted = resource.JoinReasons(resource.DriftReasons(record))
	return held
}
