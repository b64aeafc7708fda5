package policy

import (
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// HolderState is the state of a namespace in the rollout of the present revision.
type HolderState string

// States of a holder.
const (
	// HolderUpdated holds the present content.
	HolderUpdated HolderState = "Updated"
	// HolderOutdated holds other content.
	HolderOutdated HolderState = "Outdated"
	// HolderFailed has an incomplete restore of the present revision or update to it, which is retried. One of an earlier revision
	// is outdated: it can be complete only after an update.
	HolderFailed HolderState = "Failed"
)

// Holder is a namespace that holds a baseline, or has an incomplete restore or update of it.
type Holder struct {
	Namespace string
	Labels    map[string]string
	State     HolderState
	// Running reports whether it is being updated now.
	Running bool
	// ValuesOnly reports that it is outdated or failed because of its own labels alone. It is updated at once and holds up no step: its
	// tenant may change them at any time.
	ValuesOnly bool
	// Kept reports whether an object was left alone.
	Kept bool
	// Incomplete reports whether its last restore or update is incomplete, of whatever revision.
	Incomplete bool
	// Ended is when its update to the present revision ended; zero if it got the revision in another way.
	Ended time.Time
}

// RolloutView is the state of a Baseline and its holders.
type RolloutView struct {
	// Rollout is the Baseline's spec.rollout; nil if none is requested.
	Rollout *v1alpha1.BaselineRollout
	// Hash is the present revision; empty if it is not known.
	Hash string
	// Status is that of the last decision; nil if there was none or it was lost.
	Status *v1alpha1.RolloutStatus
	// NotReady explains why no update may begin; empty if the Baseline is Ready.
	NotReady string
	// Paused reports whether v1alpha1.AnnotationRolloutPaused is set.
	Paused bool
	// Approved is the value of v1alpha1.AnnotationRolloutApproved.
	Approved string
	// SkipSteps reports whether v1alpha1.AnnotationRolloutSkipSteps has the present revision.
	SkipSteps bool
	// Holders are sorted by namespace.
	Holders []Holder
	Now     time.Time
}

// RolloutDecision is the next move of a rollout.
type RolloutDecision struct {
	// Status is nil if no revision is rolled out and none was.
	Status *v1alpha1.RolloutStatus
	// Condition is v1alpha1.ConditionRolledOut without time and generation.
	Condition metav1.Condition
	// Admit lists the outdated namespaces that may be updated now and are not, by name. The caller bounds how many run at a time.
	Admit []string
	// Failures is the number of further failures that are tolerated: if more happen before the next decision, no update may
	// begin until then.
	Failures int
	// After is when to decide again, because a soak ends; zero if an event will cause it.
	After time.Duration
}

// NextRollout decides which namespaces may be updated to the present revision. It is level-triggered: the states of the holders
// are the truth, and the status only remembers the step.
//
// S(i) are the holders in the steps 1 to i, and all holders in the last step, which is implicit. A step is done when no holder
// in S(i) is outdated or running and no more than maxFailures of S(i) have failed. It is left when it is done, its soak has
// ended and its approval is given; several steps can be left at once, so a lost status costs no updates. Holders that come into
// a step later, or into one that was left, are admitted at once. A step never goes back within a revision: it is at most clamped
// to fewer steps in the spec. When all holders are done, the revision is rolled out, whatever the present step waits for.
func NextRollout(view RolloutView) RolloutDecision {
	if view.Rollout == nil || view.Hash == "" {
		return RolloutDecision{Status: view.Status.DeepCopy(), Condition: conditionWithoutRollout(&view)}
	}
	r := newRollout(&view)
	r.advance()
	r.countStep()
	decision := RolloutDecision{Status: r.status, Condition: r.condition()}
	r.status.SoakEndTimestamp = nil
	if present := r.present(); r.mayBegin() && present.failed <= present.allowed {
		decision.Admit = r.admitted()
		decision.Failures = present.allowed - present.failed
	}
	if decision.Condition.Reason == v1alpha1.ReasonSoaking {
		// The time is another leader's if the clocks differ: no single wait is longer than the soak.
		decision.After = min(r.soakEnd.Sub(view.Now), r.soak())
		r.status.SoakEndTimestamp = &metav1.Time{Time: r.soakEnd.Truncate(time.Second)}
	}
	return decision
}

// rollout is a decision in progress.
type rollout struct {
	view  *RolloutView
	steps []compiledStep
	// first has the number of the first step of each holder.
	first []int
	// counts are those of S(i), at i-1.
	counts []stepCounts
	status *v1alpha1.RolloutStatus
	now    *metav1.Time

	// wait is the reason why the present step is not left although it is done; empty if it is not done.
	wait    string
	soakEnd time.Time
}

func newRollout(view *RolloutView) *rollout {
	now := metav1.NewTime(view.Now.Truncate(time.Second))
	r := &rollout{view: view, now: &now, steps: compileSteps(view.Rollout)}
	r.first = firstSteps(r.steps, view.Holders)
	r.counts = countSteps(len(r.steps)+1, r.first, view)
	if view.Status != nil && view.Status.RevisionHash == view.Hash {
		r.status = view.Status.DeepCopy()
	} else {
		r.status = &v1alpha1.RolloutStatus{RevisionHash: view.Hash, StartTimestamp: r.now}
	}
	r.status.Steps = int32(len(r.counts)) //nolint:gosec // at most 17
	r.enterStep(min(max(r.status.Step, 1), r.status.Steps))
	return r
}

// mayBegin reports whether updates may begin and steps may be left.
func (r *rollout) mayBegin() bool { return r.view.NotReady == "" && !r.view.Paused }

// present returns the counts of the holders in the present step and those before it.
func (r *rollout) present() *stepCounts { return &r.counts[r.status.Step-1] }

// all returns the counts of all holders.
func (r *rollout) all() *stepCounts { return &r.counts[len(r.counts)-1] }

// advance leaves every step that may be left.
func (r *rollout) advance() {
	if r.all().isDone() && r.status.CompletionTimestamp == nil {
		r.status.CompletionTimestamp = r.now
	}
	if r.status.CompletionTimestamp != nil || r.view.SkipSteps {
		r.enterStep(r.status.Steps)
	}
	for r.mayBegin() && r.status.Step < r.status.Steps && r.present().isDone() {
		if r.wait = r.waitReason(); r.wait != "" {
			return
		}
		r.enterStep(r.status.Step + 1)
	}
}

func (r *rollout) enterStep(number int32) {
	if r.status.Step != number || r.status.StepTimestamp == nil {
		r.status.Step, r.status.StepTimestamp = number, r.now
	}
	r.status.StepName = ""
	if number < r.status.Steps {
		r.status.StepName = r.steps[number-1].Name
	}
}

// waitReason returns the reason why a step that is done may not be left; empty if it may.
func (r *rollout) waitReason() string {
	r.soakEnd = r.soakBegin().Add(r.soak())
	switch {
	case r.present().total > 0 && r.view.Now.Before(r.soakEnd):
		return v1alpha1.ReasonSoaking
	case r.steps[r.status.Step-1].Approval && !r.isApproved():
		return v1alpha1.ReasonAwaitingApproval
	default:
		return ""
	}
}

func (r *rollout) soak() time.Duration {
	if soak := r.steps[r.status.Step-1].Soak; soak != nil {
		return soak.Duration
	}
	return 0
}

// soakBegin returns the time of the last update in S(step). It is in the records, so a lost status need not wait again. If no
// holder got the revision by an update, it is the time when the step began: then a lost status waits again.
func (r *rollout) soakBegin() time.Time {
	if ended := r.present().ended; !ended.IsZero() {
		return ended
	}
	return r.status.StepTimestamp.Time
}

// isApproved reports whether the present step is approved: by its number, or with all others. Approving a later step does not
// approve an earlier one, because its result was not seen.
func (r *rollout) isApproved() bool {
	return r.view.Approved == r.approval() || r.view.Approved == r.view.Hash+"/"+v1alpha1.RolloutApprovedAll
}

// approval returns the annotation's value that approves the present step.
func (r *rollout) approval() string { return r.view.Hash + "/" + strconv.Itoa(int(r.status.Step)) }

func (r *rollout) countStep() {
	present := r.present()
	r.status.Total, r.status.Updated = int32(present.total), int32(present.updated) //nolint:gosec // counts of namespaces
	r.status.Failed, r.status.Kept = int32(present.failed), int32(present.kept)     //nolint:gosec // as above
}

// admitted returns the outdated holders in S(step) that do not run.
func (r *rollout) admitted() []string {
	var names []string
	for i := range r.view.Holders {
		holder := &r.view.Holders[i]
		if holder.State == HolderOutdated && !holder.Running && (holder.ValuesOnly || r.first[i] <= int(r.status.Step)) {
			names = append(names, holder.Namespace)
		}
	}
	return names
}
