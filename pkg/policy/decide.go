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
	// Required says that the namespace cannot decline it.
	Required bool
	// Asked says that the namespace's annotation names it, and is in force.
	Asked bool
	// Selected says that its selector takes the namespace, whether that asks or not.
	Selected bool
}

// Refusal is something that a namespace asks for and does not get.
type Refusal struct {
	// Baseline is the name asked for; empty where the annotation as a whole is refused.
	Baseline string
	// Reason is one of the v1alpha1 reasons of the condition BaselineReady.
	Reason string
	// Message is one line of bounded length that says what to do.
	Message string
}

// Decision says what a namespace should hold now, in the order to restore it, and what it asks for in
// vain. No name is in it twice.
type Decision struct {
	Choices  []Choice
	Refusals []Refusal
}

// Decide says which baselines a namespace should hold now: first the Required ones whose selector takes
// it, by name; then those that its annotation asks for, in the annotation's order, or, where no
// annotation is in force, the Optional ones whose selector takes it, by name.
//
// authorized says that admission reviewed the annotation. One that it did not review, and one that does
// not parse, is not in force: it is refused, and everything else is as if it were not there, so that no
// Optional baseline is lost to an annotation that does nothing. Opting out needs no permission and is
// always in force.
//
// A namespace without a creation time is one that is being created, newer than every Baseline. Whether
// it is Excluded, or terminating, is the caller's question.
func (s *Set) Decide(namespace metav1.Object, authorized bool) Decision {
	asked := readWish(namespace, authorized)
	decision := Decision{Choices: s.selected(namespace, true, asked.names)}
	for _, name := range asked.names {
		if !decision.chose(name) {
			s.decideAsked(&decision, name, namespace)
		}
	}
	if !asked.replaces {
		decision.Choices = append(decision.Choices, s.selected(namespace, false, nil)...)
	}
	for _, refusal := range asked.refused {
		if !decision.chose(refusal.Baseline) {
			decision.Refusals = append(decision.Refusals, refusal)
		}
	}
	return decision
}

// selected are the Required, or the Optional, baselines whose selector takes the namespace.
func (s *Set) selected(namespace metav1.Object, required bool, asked []string) []Choice {
	var choices []Choice
	for i := range s.rules {
		if r := &s.rules[i]; r.required == required && r.takes(namespace) {
			choices = append(choices, Choice{Baseline: r.name, Required: required, Asked: slices.Contains(asked, r.name), Selected: true})
		}
	}
	return choices
}

// takes reports whether the baseline is for the namespace without being asked for.
func (r *rule) takes(namespace metav1.Object) bool {
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
	r, found := s.find(name)
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
		decision.Choices = append(decision.Choices, Choice{Baseline: name, Required: r.required, Asked: true, Selected: r.takes(namespace)})
	}
}

func (d *Decision) chose(name string) bool {
	return slices.ContainsFunc(d.Choices, func(c Choice) bool { return c.Baseline == name })
}
