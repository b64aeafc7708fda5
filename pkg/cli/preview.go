package cli

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// askPreview asks the controller, which alone may read what a backup holds, what a restore would do. Nothing is written.
func askPreview(ctx context.Context, c client.Client, spec v1alpha1.BaselinePreviewSpec) (*v1alpha1.BaselinePreview, error) {
	preview := &v1alpha1.BaselinePreview{ObjectMeta: metav1.ObjectMeta{Name: "preview"}, Spec: spec}
	err := c.Create(ctx, preview, client.DryRunAll, client.FieldOwner(fieldOwner))
	if isNotServed(err) {
		return nil, &explained{
			text:  "the Seedbed of this cluster makes no previews (no baselinepreviews in the seedbed.dev API): upgrade its chart",
			cause: err,
		}
	}
	return preview, explain(fmt.Sprintf("preview namespace %q", spec.Namespace), err)
}

// previewFormats are those of -o for what would be restored.
var previewFormats = []string{formatTable, "yaml", "json"}
