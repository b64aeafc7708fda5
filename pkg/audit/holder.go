package audit

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/plan"
)

// Holder is a namespace that holds a baseline. Its objects are shared with a cache, and must not be changed.
type Holder struct {
	Namespace *corev1.Namespace
	Baseline  *v1alpha1.Baseline
	// Record is that of a complete restore or update, as the cache has it.
	Record *v1alpha1.BaselineRecord
	// WrittenAt is the time, by the API server's clock, at which the last restore or update was recorded; zero if it is unknown.
	WrittenAt time.Time
	// AuditedAt is the time of the audit.
	AuditedAt time.Time
	// unknown are the fields of objects, by key, whose values were computed from other labels than the namespace has now, or cannot be
	// computed. They are not compared.
	unknown map[string][][]string
	// Released reports that the namespace would not get the baseline today. Its objects are not compared, and none is protected.
	Released bool
}

// protectionOf returns the value that an object's label of protected ones should have, or "".
func (h *Holder) protectionOf(object *manifest.Object) string {
	if h.Released || !h.protects(object) || !apply.IsProtectable(object) {
		return ""
	}
	return h.Baseline.Name
}

// protects reports whether the Baseline has the chart's protection refuse changes of an object.
func (h *Holder) protects(object *manifest.Object) bool {
	return h.Baseline.Spec.Protects(object.Kind.GroupKind(), object.Name)
}

// isRequired reports whether no tenant may decline the baseline.
func (h *Holder) isRequired() bool {
	return h.Baseline.Spec.Enforcement == v1alpha1.EnforcementRequired
}

// spec returns the plan of the revision that the namespace holds.
func (h *Holder) spec() plan.Spec { return plan.SpecOf(h.Baseline, h.Record.HeldRevision()) }

// clockSkew bounds the difference of the clocks of two API servers, by which they set the times of managers.
const clockSkew = 2 * time.Second

// writtenBefore returns the latest time at which Seedbed can have written an object of the namespace by itself.
func (h *Holder) writtenBefore() time.Time {
	if h.WrittenAt.IsZero() {
		return time.Time{}
	}
	return h.WrittenAt.Add(clockSkew)
}

// restoredAt returns the time at which the first restore of the namespace was recorded; zero if it is unknown, or if the managers are to
// prove nothing.
func (h *Holder) restoredAt() time.Time {
	if h.Record == nil || h.WrittenAt.Before(h.Record.CreationTimestamp.Time) {
		return time.Time{}
	}
	return h.Record.CreationTimestamp.Time
}

// maxDeletion is the time after which an object counts as held that is being deleted.
const maxDeletion = 5 * time.Minute

// deletedBefore returns the time before which the deletion of an object must have begun to count as held.
func (h *Holder) deletedBefore() time.Time {
	if h.AuditedAt.IsZero() {
		return time.Time{}
	}
	return h.AuditedAt.Add(-maxDeletion)
}

// Finding is what an audit found in a namespace.
type Finding struct {
	Holder
	// Objects are those that differ, sorted by key; empty if none does any more although the record says so.
	Objects []Object
}

// Object is an object that differs.
type Object struct {
	// Result is Missing, Changed or Disowned, with the reason.
	v1alpha1.ObjectResult
	// Managers are those that have changed it, in one text; empty if it was deleted.
	Managers string
}
