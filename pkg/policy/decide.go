package policy

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Choice is a baseline that a namespace should hold.
type Choice struct {
	// Baseline is its name.
	Baseline string
	// Required reports whether the namespace cannot decline it.
	Required bool
	// Asked reports whether the namespace's annotation names it and is in force.
	Asked bool
	// Selected reports whether its selector matches the namespace, asked for or not.
	Selected bool
	// Unreviewed reports that the namespace holds the baseline, and that the annotation which asks for it is not in force now. The
	// baseline is restored, but not updated: it is not known whether the namespace may still have it.
	Unreviewed bool
	// Settled reports that the namespace holds the baseline already and would be refused it today: it is never restored again.
	Settled bool
}

// Refusal is a baseline that a namespace asks for and does not get.
type Refusal struct {
	// Baseline is the name asked for; empty where the annotation as a whole is refused.
	Baseline string
	// Reason is one of the v1alpha1 reasons of the condition BaselineReady.
	Reason string
	// Message is one line of bounded length that names the remedy.
	Message string
}

// Decision lists the baselines that a namespace should hold now, in the order to restore them, and its refusals. No name is
// in it twice.
type Decision struct {
	Choices  []Choice
	Refusals []Refusal
}

// Decide returns the baselines that a namespace should hold now: first the Required ones whose selector matches it, by name;
// then those that its annotation asks for, in the annotation's order, or, if no annotation is in force, the Optional ones
// whose selector matches it, by name.
//
// authorized reports whether admission reviewed the annotation. An annotation that was not reviewed or does not parse is not
// in force: it is refused, and otherwise ignored, so that it costs no Optional baseline. Opting out needs no permission and is
// always in force.
//
// A namespace without a creation time is being created, and newer than every Baseline. The caller checks for Excluded and
// terminating namespaces.
func (s *Set) Decide(namespace metav1.Object, authorized bool) Decision {
	asked := readAnnotation(namespace, authorized)
	decision := Decision{Choices: s.selectedChoices(namespace, true, asked.names)}
	for _, name := range asked.names {
		if !decision.hasChoice(name) {
			s.decideAsked(&decision, name, namespace)
		}
	}
	if !asked.replaces {
		decision.Choices = append(decision.Choices, s.selectedChoices(namespace, false, nil)...)
	}
	for _, refusal := range asked.refused {
		if !decision.hasChoice(refusal.Baseline) {
			decision.Refusals = append(decision.Refusals, refusal)
		}
	}
	return decision
}

// selectedChoices returns the Required or the Optional baselines whose selector matches the namespace.
func (s *Set) selectedChoices(namespace metav1.Object, required bool, asked []string) []Choice {
	var choices []Choice
	for i := range s.rules {
		if r := &s.rules[i]; r.required == required && r.matches(namespace) {
			choices = append(choices, Choice{Baseline: r.name, Required: required, Asked: slices.Contains(asked, r.name), Selected: true})
		}
	}
	return choices
}

// matches reports whether the baseline is given to the namespace without being asked for.
func (r *rule) matches(namespace metav1.Object) bool {
	if r.deleting || r.selects == nil {
		return false
	}
	// Creation times have whole seconds: a namespace of the Baseline's own second counts as newer.
	created := namespace.GetCreationTimestamp()
	if !created.IsZero() && created.Unix() < r.since {
		return false
	}
	return r.selects.Matches(labels.Set(namespace.GetLabels()))
}

// decideAsked chooses or refuses a baseline that the namespace asks for.
func (s *Set) decideAsked(decision *Decision, name string, namespace metav1.Object) {
	refuse := func(reason, format string, args ...any) {
		message := fmt.Sprintf("baseline %q %s", name, fmt.Sprintf(format, args...))
		decision.Refusals = append(decision.Refusals, Refusal{Baseline: name, Reason: reason, Message: message})
	}
	r, found := s.findRule(name)
	switch {
	case !found:
		refuse(v1alpha1.ReasonBaselineNotFound, "does not exist: name another one or create it")
	case r.deleting:
		refuse(v1alpha1.ReasonBaselineNotFound, "is being deleted: name another one")
	case r.invalid != nil:
		refuse(v1alpha1.ReasonBaselineNotReady, "allows no namespace: its spec.allowedNamespaces does not parse: %.256s", r.invalid.Error())
	case r.allows != nil && !r.allows.Matches(labels.Set(namespace.GetLabels())):
		refuse(v1alpha1.ReasonNotAllowed, "is only for namespaces whose labels match its spec.allowedNamespaces (%.256s)", r.allows.String())
	default:
		decision.Choices = append(decision.Choices, Choice{Baseline: name, Required: r.required, Asked: true, Selected: r.matches(namespace)})
	}
}

// IsUpdated reports whether a namespace that holds the baseline gets its later revisions.
func (c *Choice) IsUpdated() bool { return !c.Settled && !c.Unreviewed }

func (d *Decision) hasChoice(name string) bool {
	return slices.ContainsFunc(d.Choices, func(c Choice) bool { return c.Baseline == name })
}
