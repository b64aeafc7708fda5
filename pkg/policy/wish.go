package policy

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// wish is what a namespace's annotation comes to.
type wish struct {
	names    []string // asked for, and in force
	replaces bool     // the annotation stands in for the Optional baselines' selectors
	refused  []Refusal
}

func readWish(namespace metav1.Object, authorized bool) wish {
	value, found := namespace.GetAnnotations()[v1alpha1.AnnotationBaseline]
	if !found {
		return wish{}
	}
	names, optOut, err := ParseAnnotation(value)
	switch {
	case err != nil:
		return wish{refused: []Refusal{{Reason: v1alpha1.ReasonInvalidAnnotation, Message: err.Error()}}}
	case optOut:
		return wish{replaces: true}
	case !authorized:
		return wish{refused: notAuthorized(names)}
	default:
		return wish{names: names, replaces: true}
	}
}

func notAuthorized(names []string) []Refusal {
	refusals := make([]Refusal, 0, len(names))
	for _, name := range names {
		refusals = append(refusals, Refusal{
			Baseline: name,
			Reason:   v1alpha1.ReasonNotAuthorized,
			Message: fmt.Sprintf("baseline %q was asked for before Seedbed's webhook could check who may: remove the annotation %s and set it again",
				name, v1alpha1.AnnotationBaseline),
		})
	}
	return refusals
}
