package rollout

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// change is a change of a baseline: of its spec, and of annotations that are set along with it.
type change struct {
	before      *v1alpha1.Baseline
	after       v1alpha1.BaselineSpec
	annotations map[string]string
	// skipsSteps reports whether the annotations have the rollout reach all namespaces at once.
	skipsSteps bool
}

// newChange returns the change of nothing.
func newChange(baseline *v1alpha1.Baseline) *change {
	return &change{before: baseline, after: *baseline.Spec.DeepCopy()}
}

// specPatch returns the fields of the spec that change, for a merge patch.
func (c *change) specPatch() map[string]any {
	before, after, patch := &c.before.Spec, &c.after, map[string]any{}
	if before.Backup != after.Backup {
		patch["backup"] = after.Backup
	}
	if before.SourceNamespace != after.SourceNamespace {
		patch["sourceNamespace"] = orNull(after.SourceNamespace)
	}
	if before.Mapping != after.Mapping {
		patch["mapping"] = orNull(string(after.Mapping))
	}
	if !equality.Semantic.DeepEqual(before.NamespaceMetadata, after.NamespaceMetadata) {
		patch["namespaceMetadata"] = metadataPatch(after.NamespaceMetadata)
	}
	if !equality.Semantic.DeepEqual(before.Values, after.Values) {
		patch["values"] = orAbsent(after.Values)
	}
	if !equality.Semantic.DeepEqual(before.Include, after.Include) {
		patch["include"] = orAbsent(after.Include)
	}
	if before.Rollout == nil && after.Rollout != nil {
		patch["rollout"] = after.Rollout
	}
	return patch
}

// metadataPatch returns a merge patch that replaces spec.namespaceMetadata, with its absent lists.
func metadataPatch(metadata *v1alpha1.NamespaceMetadata) any {
	if metadata == nil {
		return nil
	}
	patch := map[string]any{"labels": nil, "annotations": nil}
	if len(metadata.Labels) > 0 {
		patch["labels"] = metadata.Labels
	}
	if len(metadata.Annotations) > 0 {
		patch["annotations"] = metadata.Annotations
	}
	return patch
}

// orNull returns nil, which removes a field, instead of an empty text.
func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// orAbsent returns nil, which removes a field, instead of an empty list.
func orAbsent[T any](items []T) any {
	if len(items) == 0 {
		return nil
	}
	return items
}

// isEmpty reports whether the change changes nothing.
func (c *change) isEmpty() bool {
	for key, value := range c.annotations {
		if c.before.Annotations[key] != value {
			return false
		}
	}
	return len(c.specPatch()) == 0
}

// write sends the change, and returns the baseline as it is then. For a baseline that a tool manages, it prints the manifest to
// commit instead and returns an error, unless force is set.
func (c *change) write(cmd *cobra.Command, api client.Client, force bool) (*v1alpha1.Baseline, error) {
	if manager := findManager(c.before); manager != "" {
		if !force {
			return nil, c.refuse(cmd, manager)
		}
		output.Fprintf(cmd.ErrOrStderr(), "Note: %s manages baseline %q: commit the change too, else it is reverted.\n", manager, c.before.Name)
	}
	annotations := make(map[string]any, len(c.annotations))
	for key, value := range c.annotations {
		annotations[key] = value
	}
	return patchBaseline(cmd.Context(), api, c.before, annotations, c.specPatch(), fmt.Sprintf("change baseline %q", c.before.Name))
}

// refuse prints the manifest to commit, and returns the error of a change that a tool would revert.
func (c *change) refuse(cmd *cobra.Command, manager string) error {
	metadata := map[string]any{"name": c.before.Name}
	if len(c.annotations) > 0 {
		metadata["annotations"] = c.annotations
	}
	manifest, err := yaml.Marshal(map[string]any{
		"apiVersion": v1alpha1.GroupVersion.String(), "kind": "Baseline", "metadata": metadata, "spec": c.after,
	})
	if err != nil {
		return fmt.Errorf("printing the manifest of baseline %q: %w", c.before.Name, err)
	}
	output.Fprintf(cmd.OutOrStdout(), "%s", manifest)
	return fmt.Errorf("nothing was changed, because %s manages baseline %q and would revert it: commit the manifest that was printed, or add --force",
		manager, c.before.Name)
}

// patchBaseline changes the baseline that was read, and never another one of its name. A nil value removes an annotation.
func patchBaseline(ctx context.Context, api client.Client, baseline *v1alpha1.Baseline, annotations, spec map[string]any, action string) (*v1alpha1.Baseline, error) {
	content := map[string]any{"metadata": map[string]any{"uid": baseline.UID, "annotations": annotations}}
	if len(spec) > 0 {
		content["spec"] = spec
	}
	after := &v1alpha1.Baseline{} // a new one, because decoding keeps the fields that an answer lacks
	after.Name = baseline.Name
	err := resource.SendPatch(types.MergePatchType, content, action, func(patch client.Patch) error {
		return api.Patch(ctx, after, patch, client.FieldOwner(resource.FieldOwner))
	})
	return after, err
}
