package admission

import (
	"fmt"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// Hints is told which namespaces were allowed to be created.
type Hints interface {
	// Enqueue must not block. The namespace is not persisted yet, and may never be.
	Enqueue(namespace string, uid types.UID)
}

// namespaceChange is a namespace as it will be and, on an update, as it was.
type namespaceChange struct {
	now    *corev1.Namespace
	before *corev1.Namespace // nil on a create
}

func readNamespaceChange(decoder admission.Decoder, req admission.Request) (*namespaceChange, error) {
	change := &namespaceChange{now: &corev1.Namespace{}}
	if err := read(decoder, req.Object, change.now); err != nil {
		return nil, err
	}
	if req.Operation != admissionv1.Update {
		return change, nil
	}
	change.before = &corev1.Namespace{}
	return change, read(decoder, req.OldObject, change.before)
}

// chooses gives the annotation's value when the request sets or changes it.
func (c *namespaceChange) chooses() (value string, chooses bool) {
	value, set := c.now.Annotations[v1alpha1.AnnotationBaseline]
	if !set || c.before == nil {
		return value, set
	}
	old, was := c.before.Annotations[v1alpha1.AnnotationBaseline]
	return value, !was || old != value
}

func (c *namespaceChange) terminating() bool {
	return c.before != nil && c.before.DeletionTimestamp != nil
}

// read decodes an object of a request.
func read(decoder admission.Decoder, raw runtime.RawExtension, into runtime.Object) error {
	if err := decoder.DecodeRaw(raw, into); err != nil {
		return &unreadable{cause: fmt.Errorf("the request's object does not decode: %w", err)}
	}
	return nil
}

func dryRun(req admission.Request) bool {
	return req.DryRun != nil && *req.DryRun
}
