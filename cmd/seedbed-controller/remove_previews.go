package main

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// deletePreviews deletes every preview, because the controller that would do so after ten minutes has ended.
func (r *removal) deletePreviews(ctx context.Context) error {
	previews := r.metadata.Resource(v1alpha1.GroupVersion.WithResource("baselinepreviews"))
	err := previews.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{})
	if apierrors.IsNotFound(err) {
		r.log.Info("The CRD of previews is gone already")
		return nil
	}
	if err != nil {
		return fmt.Errorf("deleting previews: %w", err)
	}
	r.log.Info("Deleted the previews")
	return nil
}
