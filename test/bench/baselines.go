//go:build bench

package main

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

// manyBaselines is the number of Baselines in a cluster with many of them.
const manyBaselines = 50

// createBaselines creates Baselines of this size until there are manyBaselines of all sizes, and returns the names of those
// of this size.
func (b *bench) createBaselines(ctx context.Context, size int) ([]string, error) {
	names := []string{baselineName(size)}
	for i := len(b.sizes); i < manyBaselines; i++ {
		baseline := &v1alpha1.Baseline{
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("bench-more-%d", i)},
			Spec:       v1alpha1.BaselineSpec{Backup: baselineName(size)},
		}
		if b.gate {
			baseline.Spec.Gate = v1alpha1.GatePods
		}
		if err := b.installation.Client.Create(ctx, baseline); err != nil && !apierrors.IsAlreadyExists(err) {
			return nil, fmt.Errorf("making one of %d baselines: %w", manyBaselines, err)
		}
		names = append(names, baseline.Name)
	}
	return names, nil
}
