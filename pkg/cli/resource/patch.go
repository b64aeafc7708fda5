package resource

import (
	"context"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/cli/output"
)

// SendPatch encodes a patch and sends it. send is the Patch method of a client, or of its writer of status; action completes
// the error "cannot …".
func SendPatch(patchType types.PatchType, content any, action string, send func(client.Patch) error) error {
	patch, err := json.Marshal(content)
	if err != nil {
		return fmt.Errorf("encoding the patch to %s: %w", action, err)
	}
	return output.Explain(action, send(client.RawPatch(patchType, patch)))
}

// Annotate sets an annotation of the object that was read, and never of another one of its name. The value nil removes it.
func Annotate(ctx context.Context, c client.Client, obj client.Object, key string, value any, action string) error {
	content := map[string]any{"metadata": map[string]any{"uid": obj.GetUID(), "annotations": map[string]any{key: value}}}
	return SendPatch(types.MergePatchType, content, action, func(patch client.Patch) error {
		return c.Patch(ctx, obj.DeepCopyObject().(client.Object), patch, client.FieldOwner(FieldOwner))
	})
}
