package rollout

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

const (
	oldHash = "00000000000000aa"
	newHash = "00000000000000bb"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func at(after time.Duration) *metav1.Time { return &metav1.Time{Time: noon.Add(after)} }

// newBaseline returns a baseline in the second of its three steps, changed by the options.
func newBaseline(options ...func(*v1alpha1.Baseline)) *v1alpha1.Baseline {
	one, tenth := intstr.FromInt32(1), intstr.FromString("10%")
	baseline := &v1alpha1.Baseline{
		ObjectMeta: metav1.ObjectMeta{Name: "web", UID: "u1", Generation: 4, Annotations: map[string]string{}},
		Spec: v1alpha1.BaselineSpec{Backup: "pull-v2", Rollout: &v1alpha1.BaselineRollout{Steps: []v1alpha1.RolloutStep{
			{Name: "first", Namespaces: &one}, {Name: "tenth", Namespaces: &tenth, Soak: &metav1.Duration{Duration: 10 * time.Minute}, Approval: true},
		}}},
		Status: v1alpha1.BaselineStatus{
			ObservedGeneration: 4, Revision: 7, RevisionHash: newHash,
			NamespaceCounts: v1alpha1.NamespaceCounts{Namespaces: 300, UpdatedNamespaces: 20, OutdatedNamespaces: 280},
			History:         []v1alpha1.BaselineRevision{newRevision(7, "pull-v2", newHash), newRevision(6, "pull-v1", oldHash)},
			Rollout:         &v1alpha1.RolloutStatus{RevisionHash: newHash, StartTimestamp: at(-time.Hour), Step: 2, Steps: 3, StepName: "tenth", Total: 30, Updated: 20},
		},
	}
	baseline.Status.History[1].RolledOutTimestamp = at(-24 * time.Hour)
	withReason(v1alpha1.ReasonProgressing, "step 2 of 3 (tenth): 20 of 30 namespaces are updated")(baseline)
	for _, set := range options {
		set(baseline)
	}
	return baseline
}

func newRevision(number int64, backup, hash string) v1alpha1.BaselineRevision {
	return v1alpha1.BaselineRevision{Revision: number, Timestamp: *at(time.Duration(number-7) * time.Hour), RevisionContent: v1alpha1.RevisionContent{
		Hash: hash, Backup: backup, Digest: "sha256:" + hash + hash, SourceNamespace: "foo", Mapping: v1alpha1.MappingReferences, ContentDigest: "sha256:" + hash,
	}}
}

// withReason sets the condition RolledOut, which is True for the reason RolledOut alone.
func withReason(reason, message string) func(*v1alpha1.Baseline) {
	return func(b *v1alpha1.Baseline) {
		status := metav1.ConditionFalse
		if reason == v1alpha1.ReasonRolledOut {
			status = metav1.ConditionTrue
		}
		b.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionRolledOut, Status: status, Reason: reason, Message: message, ObservedGeneration: b.Generation}}
	}
}

// soaking has the present step soak until six minutes after noon.
func soaking(b *v1alpha1.Baseline) {
	withReason(v1alpha1.ReasonSoaking, "step 2 of 3 (tenth) soaks")(b)
	b.Status.Rollout.SoakEndTimestamp = at(6 * time.Minute)
}

func withAnnotation(key, value string) func(*v1alpha1.Baseline) {
	return func(b *v1alpha1.Baseline) { b.Annotations[key] = value }
}

func withoutRollout(b *v1alpha1.Baseline) { b.Spec.Rollout, b.Status.Rollout = nil, nil }

// withCounts sets the counts of the present step, and those of all namespaces.
func withCounts(total, updated, failed, kept int32) func(*v1alpha1.Baseline) {
	return func(b *v1alpha1.Baseline) {
		status := b.Status.Rollout
		status.Total, status.Updated, status.Failed, status.Kept = total, updated, failed, kept
		b.Status.NamespaceCounts = v1alpha1.NamespaceCounts{
			Namespaces: 300, UpdatedNamespaces: updated, OutdatedNamespaces: 300 - updated - failed, FailedNamespaces: failed, KeptNamespaces: kept,
		}
	}
}

// updatedRecord returns the record of a namespace whose update has ended.
func updatedRecord(namespace string, end *metav1.Time, phase v1alpha1.RestorePhase, objects []v1alpha1.ObjectResult, errors ...string) *v1alpha1.BaselineRecord {
	record := &v1alpha1.BaselineRecord{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "web"},
		Revision:   newRevision(7, "pull-v2", newHash).RevisionContent,
		Result:     v1alpha1.RestoreResult{Phase: v1alpha1.PhaseCompleted},
		Update:     &v1alpha1.RestoreUpdate{Phase: phase, CompletionTimestamp: end, Objects: objects, Errors: errors},
	}
	for _, object := range objects {
		if object.Result == v1alpha1.ResultKept {
			record.Update.Counts.Kept++
		}
	}
	return record
}

// keptRecords returns records of so many namespaces, each of which kept its Secret.
func keptRecords(count int) []*v1alpha1.BaselineRecord {
	var records []*v1alpha1.BaselineRecord
	for i := range count {
		records = append(records, updatedRecord(fmt.Sprintf("pay-%02d", i+1), at(-4*time.Minute), v1alpha1.PhaseCompleted,
			[]v1alpha1.ObjectResult{{Object: "secrets/pull", Result: v1alpha1.ResultKept, Reason: "data.password was changed by kubectl-edit"}}))
	}
	return records
}
