package policy

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// annotationRequest is the meaning of a namespace's annotation.
type annotationRequest struct {
	names    []string // asked for, and in force
	replaces bool     // the annotation replaces the Optional baselines' selectors
	refused  []Refusal
}

// readAnnotation returns the names that the annotation puts in force, and those that are refused.
func readAnnotation(namespace metav1.Object, authorized bool) annotationRequest {
	value, found := namespace.GetAnnotations()[v1alpha1.AnnotationBaseline]
	if !found {
		return annotationRequest{}
	}
	names, optOut, err := ParseAnnotation(value)
	switch {
	case err != nil:
		return annotationRequest{refused: []Refusal{{Reason: v1alpha1.ReasonInvalidAnnotation, Message: err.Error()}}}
	case optOut:
		return annotationRequest{replaces: true}
	case !authorized:
		return annotationRequest{refused: refuseUnauthorized(namespace, names)}
	default:
		return annotationRequest{names: names, replaces: true}
	}
}

func refuseUnauthorized(namespace metav1.Object, names []string) []Refusal {
	// The remedy comes first: a condition cuts its message, and the value may be long.
	message := fmt.Sprintf("run \"seedbed baseline authorize %s\" as somebody who may use its baselines, or set its annotation %s to any new text: "+
		"annotation %s was there before the policies that review who may set it (%.128q)",
		namespace.GetName(), v1alpha1.AnnotationAsked, v1alpha1.AnnotationBaseline, namespace.GetAnnotations()[v1alpha1.AnnotationBaseline])
	refusals := make([]Refusal, 0, len(names))
	for _, name := range names {
		refusals = append(refusals, Refusal{Baseline: name, Reason: v1alpha1.ReasonNotAuthorized, Message: message})
	}
	return refusals
}
