package apply

import (
	"context"
	"encoding/json"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// unprotectable are the kinds whose objects controllers and kubelets write and delete: a protection would stop volumes, Pods and
// Services. The chart's protection leaves them out, too.
var unprotectable = map[schema.GroupKind]bool{
	{Kind: "Endpoints"}:                                true,
	{Kind: "PersistentVolumeClaim"}:                    true,
	{Kind: "Pod"}:                                      true,
	{Group: "apps", Kind: "ReplicaSet"}:                true,
	{Group: "batch", Kind: "Job"}:                      true,
	{Group: "discovery.k8s.io", Kind: "EndpointSlice"}: true,
}

// IsProtectable reports whether an object may get the label of protected ones. The ServiceAccount "default" of each namespace may not.
func IsProtectable(object *manifest.Object) bool {
	kind := object.Kind.GroupKind()
	return !unprotectable[kind] && (kind != serviceAccount || object.Name != "default")
}

// labels returns the labels that mark the object.
func (w *writing) labels() manifest.Labels {
	if w.target.Protects != nil && w.target.Protects(&w.object) && IsProtectable(&w.object) {
		return w.target.ProtectedLabels
	}
	return w.target.Labels
}

// Protect sets a label on an object of the target's owner, and reports whether it did: not if the object is gone or belongs to another
// owner.
func (a *Applier) Protect(ctx context.Context, target Target, object manifest.Object, label, value string) (bool, error) {
	owner := target.Labels.Values()[target.OwnerLabel]
	return a.patchLabels(ctx, Named{Kind: object.Kind, Namespace: target.Namespace, Name: object.Name},
		manifest.TestOperation(labelPath(target.OwnerLabel), owner), manifest.AddOperation(labelPath(label), value))
}

// Unprotect removes a label from an object, and reports whether it did: not if the object is gone, or its label has another value.
func (a *Applier) Unprotect(ctx context.Context, object Named, label, value string) (bool, error) {
	return a.patchLabels(ctx, object, manifest.TestOperation(labelPath(label), value), manifest.RemoveOperation(labelPath(label)))
}

// Named identifies an object.
type Named struct {
	Kind            schema.GroupVersionKind
	Namespace, Name string
}

func labelPath(label string) string { return "/metadata/labels" + manifest.Pointer(label) }

// patchLabels sends a patch of labels, and reports whether its tests held.
func (a *Applier) patchLabels(ctx context.Context, object Named, operations ...manifest.Operation) (bool, error) {
	mapping, err := a.resolver.Resolve(object.Kind)
	if err != nil {
		return false, err
	}
	patch, err := json.Marshal(operations)
	if err != nil {
		return false, err
	}
	at := place{resource: mapping.Resource, namespace: object.Namespace}
	err = retryTransient(ctx, func() error { return a.client.patch(ctx, at, object.Name, patch) })
	if apierrors.IsNotFound(err) || isFailedTest(err) {
		return false, nil
	}
	return err == nil, redactError(object.Kind.GroupKind(), err)
}

// isFailedTest reports whether a test of a patch failed: the API server then names no field, unlike for an object that is invalid.
func isFailedTest(err error) bool {
	var status apierrors.APIStatus
	if !apierrors.IsInvalid(err) || !errors.As(err, &status) {
		return isUndetailed(err)
	}
	details := status.Status().Details
	return details == nil || len(details.Causes) == 0
}
