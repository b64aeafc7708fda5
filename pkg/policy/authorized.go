package policy

import (
	"crypto/sha256"
	"encoding/hex"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

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
