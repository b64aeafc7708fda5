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
		return wish{refused: notAuthorized(value, names)}
	default:
		return wish{names: names, replaces: true}
	}
}

func notAuthorized(value string, names []string) []Refusal {
	refusals := make([]Refusal, 0, len(names))
	for _, name := range names {
		refusals = append(refusals, Refusal{Baseline: name, Reason: v1alpha1.ReasonNotAuthorized, Message: notAuthorizedMessage(value)})
	}
	return refusals
}

// notAuthorizedMessage has the annotation's value in it, so that it also tells which one was refused.
func notAuthorizedMessage(value string) string {
	return fmt.Sprintf("annotation %s (%.256q) is older than the webhook that checks who may set it: remove it, and set it again when this message is gone",
		v1alpha1.AnnotationBaseline, value)
}
