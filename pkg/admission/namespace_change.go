package admission

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Hints receives the namespaces whose creation was allowed.
type Hints interface {
	// Enqueue must not block. The namespace is not persisted yet, and may never be.
	Enqueue(namespace string, uid types.UID)
}

// namespaceChange is a creation or an update of a namespace.
type namespaceChange struct {
	newObj *corev1.Namespace
	oldObj *corev1.Namespace // nil on a create
}

// chosenValue returns the annotation's value, and reports whether the request sets or changes it.
func (c *namespaceChange) chosenValue() (value string, chooses bool) {
	value, set := c.newObj.Annotations[v1alpha1.AnnotationBaseline]
	if !set || c.oldObj == nil {
		return value, set
	}
	oldValue, wasSet := c.oldObj.Annotations[v1alpha1.AnnotationBaseline]
	return value, !wasSet || oldValue != value
}

func (c *namespaceChange) isTerminating() bool {
	return c.oldObj != nil && c.oldObj.DeletionTimestamp != nil
}
