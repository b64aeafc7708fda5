package restore

import (
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/plan"
)

// Task is one attempt to restore a backup into a namespace. It is decided completely before the attempt begins.
type Task struct {
	// Namespace is the target. Without a UID it does not exist yet, and can only be previewed.
	Namespace *corev1.Namespace
	// Name of the record or restore, for logs.
	Name string
	// Baseline is the one whose revision is written; nil for a restore by hand.
	Baseline *v1alpha1.Baseline
	Spec     plan.Spec
	Existing v1alpha1.ExistingResources
	// Required marks a restore that a tenant must not be able to forestall.
	Required bool
	// Protects selects the objects that are labelled as protected ones; nil for none.
	Protects func(object *manifest.Object) bool
	// RequiredBefore are the plans of the Required baselines that the namespace holds. The task keeps their objects.
	RequiredBefore []plan.Spec
	// HeldBeside are the plans of the other baselines that the namespace holds. An update prunes none of their objects.
	HeldBeside []plan.Spec
	// Prune makes an update delete the objects that its backup lacks and that nobody changed.
	Prune bool
	// Metadata are the patterns of labels and annotations to copy from the source namespace, once.
	Metadata *v1alpha1.NamespaceMetadata
	// Provisional marks an attempt during one of Velero's Restores. All of it is repeated when that has ended.
	Provisional bool
	// Previous is the result of the attempts so far; zero before the first.
	Previous v1alpha1.RestoreResult
	// Transition makes the task an update; nil for a restore.
	Transition *Transition
	// HeldValues is the RevisionContent.ValuesHash of the attempts before; empty before the first, and without rules for values.
	HeldValues string
	// Correction makes the task put objects back that differ; nil for others.
	Correction *Correction
	// Since is the earliest time at which the first attempt can have begun: newer objects with the restore's labels are its own.
	Since time.Time
	// Progress counts the objects that are done; nil if no one reads it.
	Progress *Progress
}

// Progress counts the objects of an attempt while it runs. It is safe for concurrent use.
type Progress struct{ done, total atomic.Int64 }

// Counts returns the number of objects that are done, and of all objects of the attempt.
func (p *Progress) Counts() (done, total int64) { return p.done.Load(), p.total.Load() }

func (p *Progress) setCounts(done, total int) {
	if p != nil {
		p.done.Store(int64(done))
		p.total.Store(int64(total))
	}
}

// Resume continues the attempts before: with the same backup, whatever a caller without revisions names by now.
func (t *Task) Resume(previous *v1alpha1.RestoreResult) {
	t.Previous = *previous
	if t.Spec.Baseline == "" && previous.Digest != "" {
		t.Spec.Backup, t.Spec.Digest, t.Spec.Source = previous.Backup, previous.Digest, previous.SourceNamespace
	}
}

// SetRevision makes the task write a revision of its Baseline, whatever that names by now.
func (t *Task) SetRevision(revision v1alpha1.RevisionContent) {
	t.Spec = plan.SpecOf(t.Baseline, revision)
}

// Repeat restores everything once more. The attempts before still count.
func (t *Task) Repeat(previous *v1alpha1.RestoreResult) {
	t.Previous = v1alpha1.RestoreResult{Attempts: previous.Attempts}
}

// pendingKeys returns the keys to restore; nil means all, as in a first attempt.
func (t *Task) pendingKeys() []string {
	if t.Correction != nil {
		return append([]string{}, t.Correction.Keys...)
	}
	if t.Transition != nil {
		return t.Transition.pendingKeys()
	}
	if t.Previous.Digest == "" || t.Previous.OmittedPending > 0 {
		return nil
	}
	return append([]string{}, t.Previous.Pending...)
}

// isNamespaceMissing reports whether the namespace does not exist yet.
func (t *Task) isNamespaceMissing() bool { return t.Namespace.UID == "" }

// newTarget returns the namespace and the policy that the applier gets.
func (t *Task) newTarget(rules apply.Rules) apply.Target {
	target := apply.Target{
		Namespace: t.Namespace.Name, Update: t.Existing == v1alpha1.ExistingResourcesUpdate, Replace: t.Required,
		Labels: t.Spec.Labels(), Since: t.Since, TrustLabels: !t.Required, Rules: rules,
		OwnerLabel: v1alpha1.LabelBaseline,
		// A restore by hand may overwrite an object whose label alone names a baseline. It keeps only the objects of Required ones.
		TrustOwner: !t.Required && t.Spec.Baseline != "",
	}
	if t.Protects != nil {
		target.ProtectedLabels, target.Protects = t.Spec.ProtectedLabels(), t.Protects
	}
	for i := range t.RequiredBefore {
		target.Owners = append(target.Owners, t.RequiredBefore[i].Baseline)
	}
	return target
}
