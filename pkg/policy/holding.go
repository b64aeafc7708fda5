package policy

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// HoldingState is the state of a namespace with a baseline that it should hold, or that it holds. Each such pair has exactly one.
type HoldingState string

// States of a holding.
const (
	// HoldingUpdated has the present content.
	HoldingUpdated HoldingState = "Updated"
	// HoldingOutdated has other content.
	HoldingOutdated HoldingState = "Outdated"
	// HoldingFailed has an incomplete restore or update, which is retried.
	HoldingFailed HoldingState = "Failed"
	// HoldingPending should hold the baseline and does not yet.
	HoldingPending HoldingState = "Pending"
	// HoldingReleased holds the baseline and would not get it today. It is never updated.
	HoldingReleased HoldingState = "Released"
)

// Held is the part of a record that the state of its namespace depends on.
type Held struct {
	// Baseline is the name of the record and of its baseline.
	Baseline string
	// Incomplete reports whether objects of the restore or of the last update are pending.
	Incomplete bool
	// UnderWay reports whether the update is being made: it need not fail.
	UnderWay bool
	// Outdated reports whether the content differs from the present one.
	Outdated bool
	// Revision is the hash of the revision, and ValuesHash identifies the labels and annotations that the namespace's own values in it
	// were computed from; both as the record has them.
	Revision, ValuesHash string
	// Kept reports whether an object was left alone.
	Kept bool
	// Drifted reports whether the last audit found an object that differs and was not put back.
	Drifted bool
	// KeyLost reports whether the key that sealed the record is lost: an Optional baseline is then released, and a Required one
	// restored again.
	KeyLost bool
}

// NewHeld returns the part of a baseline's record that decides.
func NewHeld(baseline *v1alpha1.Baseline, record *v1alpha1.BaselineRecord) Held {
	held := record.HeldRevision()
	return Held{
		Baseline: record.Name, Incomplete: !record.IsComplete(), UnderWay: record.Update.IsUnderWay(),
		Outdated: baseline.IsOutdated(held), Revision: held.Hash, ValuesHash: held.ValuesHash, Kept: record.HasKept(), Drifted: record.HasDrifted(),
	}
}

// Failures has the failed attempts of one namespace that no record reports.
type Failures interface {
	// HasFailed reports whether a restore of the baseline failed.
	HasFailed(baseline string) bool
	// HasFailedUpdate reports whether an update to the present revision of the baseline failed.
	HasFailedUpdate(baseline string) bool
}

// Holding is a baseline that a namespace should hold, or holds.
type Holding struct {
	// Choice is the reason why the namespace should hold it. A released one has the name alone.
	Choice
	State HoldingState
	// Kept reports whether an updated or outdated namespace has an object that was left alone.
	Kept bool
	// Drifted reports whether a namespace that should hold the baseline has an object that differs and was not put back.
	Drifted bool
	// Held is the record; nil if there is none that counts.
	Held *Held
}

// Holdings returns the baselines that a namespace should hold, in the order of Decide, and then those that it holds besides. held
// are its records of baselines that exist. authorized reports whether admission reviewed the annotation. The caller checks
// CanHold.
func (s *Set) Holdings(namespace metav1.Object, authorized bool, held []Held, failures Failures) []Holding {
	choices := s.choicesOf(namespace, authorized, held)
	holdings := make([]Holding, 0, max(len(choices), len(held)))
	for _, choice := range choices {
		record := findHeld(held, choice.Baseline)
		if record != nil && record.KeyLost {
			if !choice.Required {
				continue // it is released: nothing restores it
			}
			record = nil
		}
		holding := newHolding(choice, record, failures)
		if holding.State == HoldingUpdated && s.areValuesOutdated(namespace, record) {
			holding.State = HoldingOutdated
		}
		holdings = append(holdings, holding)
	}
	chosen := holdings
	for i := range held {
		if !slices.ContainsFunc(chosen, func(h Holding) bool { return h.Baseline == held[i].Baseline }) {
			holdings = append(holdings, Holding{Choice: Choice{Baseline: held[i].Baseline}, State: HoldingReleased, Held: &held[i]})
		}
	}
	return holdings
}

// choicesOf returns the baselines that a namespace should hold now. An annotation that is not in force, because the policies that
// review it are not, was reviewed when its baselines were restored.
func (s *Set) choicesOf(namespace metav1.Object, authorized bool, held []Held) []Choice {
	decision := s.Decide(namespace, authorized)
	for _, refusal := range decision.Refusals {
		if refusal.Reason == v1alpha1.ReasonNotAuthorized && findHeld(held, refusal.Baseline) != nil {
			decision.Choices = append(decision.Choices, Choice{Baseline: refusal.Baseline, Asked: true, Unreviewed: true})
		}
	}
	return decision.Choices
}

// areValuesOutdated reports whether the values of a namespace's own are not the present ones.
func (s *Set) areValuesOutdated(namespace metav1.Object, held *Held) bool {
	rule, found := s.findRule(held.Baseline)
	return found && rule.values != nil && rule.values().areOutdated(namespace, held)
}

func findHeld(held []Held, baseline string) *Held {
	for i := range held {
		if held[i].Baseline == baseline {
			return &held[i]
		}
	}
	return nil
}

// newHolding returns the holding of a baseline that a namespace should hold. held is nil if no record counts.
func newHolding(choice Choice, held *Held, failures Failures) Holding {
	holding := Holding{Choice: choice, Held: held, Drifted: held != nil && held.Drifted}
	switch {
	case held == nil && !failures.HasFailed(choice.Baseline):
		holding.State = HoldingPending
	case held != nil && held.UnderWay && !failures.HasFailed(choice.Baseline):
		holding.State, holding.Kept = HoldingOutdated, held.Kept
	case held == nil, held.Incomplete, failures.HasFailedUpdate(choice.Baseline):
		holding.State = HoldingFailed
	case held.Outdated:
		holding.State, holding.Kept = HoldingOutdated, held.Kept
	default:
		holding.State, holding.Kept = HoldingUpdated, held.Kept
	}
	return holding
}

// ExplainRelease returns the reason why a namespace would not get a baseline today, in one clause.
func (s *Set) ExplainRelease(namespace metav1.Object, authorized bool, baseline string) string {
	decision := s.Decide(namespace, authorized)
	for _, refusal := range decision.Refusals {
		if refusal.Baseline == baseline {
			return refusal.Message
		}
	}
	rule, found := s.findRule(baseline)
	switch {
	case !found || rule.deleting:
		return fmt.Sprintf("baseline %q is being deleted", baseline)
	case decision.hasChoice(baseline):
		return "the key that sealed its record is lost"
	case rule.selects == nil || !rule.selects.Matches(labels.Set(namespace.GetLabels())):
		return "neither its labels nor its annotation choose the baseline now"
	case rule.matches(namespace):
		return fmt.Sprintf("its annotation %s declines the baseline", v1alpha1.AnnotationBaseline)
	default:
		return "it is older than the baseline, whose existingNamespaces is Ignore"
	}
}
