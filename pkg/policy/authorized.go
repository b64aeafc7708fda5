package policy

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Authorized reports whether admission reviewed a namespace's annotation: it was set after the webhook
// configuration was made (AnnotationSetAfter), and the namespace's condition BaselineReady does not say of
// this very value that it was not. The condition outlives what makes an old annotation seem new, like a
// label that its manager adds later; it goes when the annotation does.
func Authorized(namespace *corev1.Namespace, configured time.Time) bool {
	refused := notAuthorizedMessage(namespace.Annotations[v1alpha1.AnnotationBaseline])
	return AnnotationSetAfter(namespace, configured) && !slices.ContainsFunc(namespace.Status.Conditions, func(c corev1.NamespaceCondition) bool {
		return c.Type == v1alpha1.ConditionBaselineReady && c.Reason == v1alpha1.ReasonNotAuthorized && c.Message == refused
	})
}
