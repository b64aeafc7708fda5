package records

import (
	"context"

	corev1 "k8s.io/api/core/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/seal"
)

// Adopt seals a complete record again that was sealed with a lost key. It returns nil if there is no such record any more.
func (s *Store) Adopt(ctx context.Context, namespace *corev1.Namespace, baseline string) (*v1alpha1.BaselineRecord, error) {
	record, err := s.getLive(ctx, namespace.Name, baseline)
	if err != nil || record == nil {
		return nil, err
	}
	if record.DeletionTimestamp != nil || !IsOwnedBy(record, namespace.UID) || s.Sealer.Verify(record) != seal.Lost ||
		record.Result.Phase != v1alpha1.PhaseCompleted {
		return nil, nil
	}
	return s.Write(ctx, namespace, baseline, record, &record.Result)
}
