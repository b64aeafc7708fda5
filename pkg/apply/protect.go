package apply

import (
	"context"
	"encoding/json"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// unprotectable are the kinds whose objects controllers outside of kube-system and kubelets write and delete: a protection would stop
// volumes, Pods and Services. The chart's protection leaves the same kinds out.
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

// Protect sets a label on an object of the target's owner, or removes it if the value is empty. It changes nothing if the object is gone,
// belongs to another owner, or has that label already or no more. The error is that of the API server.
func (a *Applier) Protect(ctx context.Context, target Target, object manifest.Object, label, value string) error {
	mapping, err := a.resolver.Resolve(object.Kind)
	if err != nil {
		return err
	}
	const labels = "/metadata/labels"
	operations := []manifest.Operation{manifest.TestOperation(labels+manifest.Pointer(target.OwnerLabel), target.Labels.Values()[target.OwnerLabel])}
	if value != "" {
		operations = append(operations, manifest.AddOperation(labels+manifest.Pointer(label), value))
	} else {
		operations = append(operations, manifest.RemoveOperation(labels+manifest.Pointer(label)))
	}
	patch, err := json.Marshal(operations)
	if err != nil {
		return err
	}
	at := place{resource: mapping.Resource, namespace: target.Namespace}
	err = retryTransient(ctx, func() error { return a.client.patch(ctx, at, object.Name, patch) })
	if apierrors.IsNotFound(err) || apierrors.IsInvalid(err) || isUndetailed(err) {
		return nil
	}
	return err
}
