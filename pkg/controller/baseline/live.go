package baseline

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// baselinesPerPage bounds one page of a list of Baselines.
const baselinesPerPage = 500

// Live lists the metadata of Baselines past the cache.
type Live struct {
	// Live reads past the cache.
	Live client.Reader
}

// ListBaselines implements authorization.Baselines.
func (l *Live) ListBaselines(ctx context.Context) ([]metav1.PartialObjectMetadata, error) {
	var all []metav1.PartialObjectMetadata
	page := &metav1.PartialObjectMetadataList{}
	page.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("BaselineList"))
	for {
		if err := l.Live.List(ctx, page, client.Limit(baselinesPerPage), client.Continue(page.Continue)); err != nil {
			return nil, fmt.Errorf("listing baselines: %w", err)
		}
		all = append(all, page.Items...)
		if page.Continue == "" {
			return all, nil
		}
	}
}
