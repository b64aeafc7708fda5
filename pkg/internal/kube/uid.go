package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// PatchMetadata merges fields into the metadata of the object of that UID. The object itself does not change.
func PatchMetadata(ctx context.Context, c client.Client, fieldManager client.FieldOwner, object client.Object, fields map[string]any) error {
	metadata := map[string]any{"uid": object.GetUID()}
	maps.Copy(metadata, fields)
	patch, err := json.Marshal(map[string]any{"metadata": metadata})
	if err != nil {
		return fmt.Errorf("encoding the metadata of %s: %w", object.GetName(), err)
	}
	return c.Patch(ctx, object.DeepCopyObject().(client.Object), client.RawPatch(types.MergePatchType, patch), fieldManager)
}

// Delete deletes the object of that UID. An object that is gone needs no deletion.
func Delete(ctx context.Context, c client.Writer, object client.Object) error {
	uid := object.GetUID()
	if err := c.Delete(ctx, object, client.Preconditions{UID: &uid}); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("deleting %s: %w", object.GetName(), err)
	}
	return nil
}

// IsUIDMismatch reports whether a patch was refused because its metadata.uid is another object's, as custom resources refuse it.
func IsUIDMismatch(err error) bool {
	var status apierrors.APIStatus
	if !apierrors.IsInvalid(err) || !errors.As(err, &status) || status.Status().Details == nil {
		return false
	}
	for _, cause := range status.Status().Details.Causes {
		if cause.Field == "metadata.uid" {
			return true
		}
	}
	return false
}
