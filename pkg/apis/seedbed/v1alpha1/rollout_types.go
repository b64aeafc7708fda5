package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// BaselineRollout controls how a new revision reaches the namespaces that hold an older one: step by step, and by at most eight
// namespaces at a time. What a tenant changed or deleted is kept, unless existingResources is Update.
type BaselineRollout struct {
	// steps are the groups of namespaces to update, one after the other; after the last one, all others follow. Each step
	// includes those before it. When omitted, there are two: one namespace, and a tenth of them.
	// +kubebuilder:validation:MaxItems=16
	// +listType=atomic
	// +optional
	Steps []RolloutStep `json:"steps,omitempty"`
	// maxFailures stops the rollout while more updates have failed: a number of namespaces, or a share ("5%") of those in the
	// steps so far, rounded down. When omitted, it is 5%. A share of a small step is none: its first failure stops the rollout.
	// +kubebuilder:validation:XIntOrString
	// +kubebuilder:validation:MaxLength=4
	// +kubebuilder:validation:XValidation:rule="type(self) == int ? self >= 0 : self.matches('^(100|[1-9]?[0-9])%$')",message="maxFailures must be a number, 0 or more, or a share from '0%' to '100%'"
	// +optional
	MaxFailures *intstr.IntOrString `json:"maxFailures,omitempty"`
	// prune selects what an update does with objects that the new backup lacks: None (the default when omitted) leaves them;
	// Unmodified deletes each one that nobody but Seedbed has written, that has no finalizer and no owner. PersistentVolumeClaims
	// and custom resources always stay. What stays is counted as kept. Objects that earlier updates left are not looked for.
	// +kubebuilder:validation:Enum=None;Unmodified
	// +kubebuilder:default=None
	// +optional
	Prune Prune `json:"prune,omitempty"`
	// newNamespaces selects the revision that namespaces created during a rollout get: Stable (the default when omitted) is the
	// last one that was rolled out, unless a step that has begun selects the namespace; Newest is the new one, for example
	// because the old credentials were revoked.
	// +kubebuilder:validation:Enum=Stable;Newest
	// +kubebuilder:default=Stable
	// +optional
	NewNamespaces NewNamespaces `json:"newNamespaces,omitempty"`
}

// RolloutStep is one step of a rollout.
//
// +kubebuilder:validation:XValidation:rule="has(self.namespaceSelector) != has(self.namespaces)",message="set exactly one of namespaceSelector and namespaces"
type RolloutStep struct {
	// name is shown in the status. When omitted, the step has only its number.
	// +kubebuilder:validation:MaxLength=63
	// +optional
	Name string `json:"name,omitempty"`
	// namespaceSelector selects by label the namespaces of this step, in addition to those of the steps before.
	// +optional
	NamespaceSelector *metav1.LabelSelector `json:"namespaceSelector,omitempty"`
	// namespaces is a number of namespaces, or a share of all that hold the Baseline ("10%", rounded up): the first ones by
	// name, in addition to those of the steps before.
	// +kubebuilder:validation:XIntOrString
	// +kubebuilder:validation:MaxLength=4
	// +kubebuilder:validation:XValidation:rule="type(self) == int ? self >= 1 : self.matches('^(100|[1-9][0-9]?)%$')",message="namespaces must be a number, 1 or more, or a share from '1%' to '100%'"
	// +optional
	Namespaces *intstr.IntOrString `json:"namespaces,omitempty"`
	// soak is how long the rollout waits after the step's last update; at most 168h. When omitted, it does not wait.
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('0s') && duration(self) <= duration('168h')",message="soak must be between 0s and 168h"
	// +optional
	Soak *metav1.Duration `json:"soak,omitempty"`
	// approval makes the rollout wait after the step until the annotation seedbed.dev/rollout-approved approves it
	// (seedbed baseline rollout approve). When omitted, it does not wait.
	// +optional
	Approval bool `json:"approval,omitempty"`
}

// Prune selects what an update does with objects that the new backup lacks.
type Prune string

// Values of Prune.
const (
	PruneNone       Prune = "None"
	PruneUnmodified Prune = "Unmodified"
)

// NewNamespaces selects the revision that namespaces get that are created during a rollout.
type NewNamespaces string

// Values of NewNamespaces.
const (
	NewNamespacesStable NewNamespaces = "Stable"
	NewNamespacesNewest NewNamespaces = "Newest"
)

// RolloutStatus reports how far a revision has got. The condition RolledOut has the reason why it waits.
type RolloutStatus struct {
	// revisionHash is the revision that is rolled out.
	// +kubebuilder:validation:MaxLength=16
	// +optional
	RevisionHash string `json:"revisionHash,omitempty"`
	// startTimestamp is the time when the rollout began.
	// +optional
	StartTimestamp *metav1.Time `json:"startTimestamp,omitempty"`
	// completionTimestamp is the time when no namespace was outdated for the first time; omitted until then.
	// +optional
	CompletionTimestamp *metav1.Time `json:"completionTimestamp,omitempty"`
	// step is the number of the present step, from 1 on. It never goes back within a revision.
	// +optional
	Step int32 `json:"step,omitempty"`
	// steps is the number of steps, including the last one, which reaches all namespaces.
	// +optional
	Steps int32 `json:"steps,omitempty"`
	// stepName is the name of the present step.
	// +optional
	StepName string `json:"stepName,omitempty"`
	// stepTimestamp is the time when the present step began.
	// +optional
	StepTimestamp *metav1.Time `json:"stepTimestamp,omitempty"`
	// soakEndTimestamp is the time when the soak of the present step ends; omitted unless the step soaks.
	// +optional
	SoakEndTimestamp *metav1.Time `json:"soakEndTimestamp,omitempty"`
	// total is the number of namespaces in the present step and those before it.
	// +optional
	Total int32 `json:"total"`
	// updated is the number of those that got the revision.
	// +optional
	Updated int32 `json:"updated"`
	// failed is the number of those whose update is incomplete.
	// +optional
	Failed int32 `json:"failed"`
	// kept is the number of those that were updated and kept an object.
	// +optional
	Kept int32 `json:"kept"`
}

// DefaultMaxFailures is spec.rollout.maxFailures where it is omitted.
const DefaultMaxFailures = "5%"

// EffectiveSteps returns the steps of a rollout before the one that reaches all namespaces.
func (r *BaselineRollout) EffectiveSteps() []RolloutStep {
	if len(r.Steps) > 0 {
		return r.Steps
	}
	one, tenth := intstr.FromInt32(1), intstr.FromString("10%")
	return []RolloutStep{{Name: "first", Namespaces: &one}, {Name: "tenth", Namespaces: &tenth}}
}

// EffectiveMaxFailures returns spec.rollout.maxFailures or its default.
func (r *BaselineRollout) EffectiveMaxFailures() intstr.IntOrString {
	if r.MaxFailures != nil {
		return *r.MaxFailures
	}
	return intstr.FromString(DefaultMaxFailures)
}
