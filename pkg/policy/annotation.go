package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// ParseAnnotation parses the value of v1alpha1.AnnotationBaseline. It returns the names in the annotation's order, or optOut
// for v1alpha1.NoBaseline. Spaces around a name are dropped. An empty value is an error, because it asks for nothing. The
// error is one line of bounded length that names the remedy.
func ParseAnnotation(value string) (names []string, optOut bool, err error) {
	value = strings.TrimSpace(value)
	switch {
	case value == "":
		return nil, false, annotationError(errors.New(`it is empty: name a baseline, use "none" to decline the optional ones, or remove the annotation`))
	case value == v1alpha1.NoBaseline:
		return nil, true, nil
	case strings.Count(value, ",") >= v1alpha1.MaxBaselinesPerNamespace:
		return nil, false, annotationError(fmt.Errorf("it names more than %d baselines: name fewer", v1alpha1.MaxBaselinesPerNamespace))
	}
	for part := range strings.SplitSeq(value, ",") {
		name := strings.TrimSpace(part)
		if err := checkName(name, names); err != nil {
			return nil, false, annotationError(err)
		}
		names = append(names, name)
	}
	return names, false, nil
}

// checkName returns an error unless a name is valid after the others.
func checkName(name string, others []string) error {
	switch {
	case name == "":
		return errors.New("a name between two commas is empty: remove the extra comma")
	case name == v1alpha1.NoBaseline:
		return fmt.Errorf("%q declines every optional baseline and stands alone: remove it or the other names", name)
	case len(name) > v1alpha1.MaxNameLength:
		return fmt.Errorf("a name has more than %d characters, no baseline has: %.40q…", v1alpha1.MaxNameLength, name)
	case len(validation.IsDNS1123Subdomain(name)) > 0:
		return fmt.Errorf("%q is no name of a baseline: those are lower case letters, digits, '-' and '.', with a letter or digit at both ends, separated by commas", name)
	case slices.Contains(others, name):
		return fmt.Errorf("%q stands in it twice: remove one", name)
	}
	return nil
}

func annotationError(err error) error {
	return fmt.Errorf("annotation %s: %w", v1alpha1.AnnotationBaseline, err)
}

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

// AnnotationDigest returns the digest of a namespace's annotations v1alpha1.AnnotationBaseline and v1alpha1.AnnotationAsked.
// Unlike the values it has a bounded length. Two pairs of values share a digest only if they differ in the position of a line
// break between the two: then they share a refusal, which is safe.
func AnnotationDigest(namespace metav1.Object) string {
	annotations := namespace.GetAnnotations()
	sum := sha256.Sum256([]byte(annotations[v1alpha1.AnnotationBaseline] + "\n" + annotations[v1alpha1.AnnotationAsked]))
	return hex.EncodeToString(sum[:])
}

// IsMarked reports whether the present values are older than the policies that review them: then the mark
// v1alpha1.AnnotationNotAuthorized is their digest. Other values were reviewed when they were set.
func IsMarked(namespace metav1.Object) bool {
	return namespace.GetAnnotations()[v1alpha1.AnnotationNotAuthorized] == AnnotationDigest(namespace)
}

// HasStaleMark reports whether a namespace has a mark of other values. It has to be removed, because setting these values
// again is reviewed.
func HasStaleMark(namespace metav1.Object) bool {
	_, marked := namespace.GetAnnotations()[v1alpha1.AnnotationNotAuthorized]
	return marked && !IsMarked(namespace)
}
