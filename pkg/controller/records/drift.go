package records

import (
	"context"
	"encoding/json"

	corev1 "k8s.io/api/core/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// WriteDrift stores the drift of a namespace in a whole record, and leaves the rest of it unchanged; nil removes it. The errors are
// those of WriteUpdate.
func (s *Store) WriteDrift(ctx context.Context, namespace *corev1.Namespace, whole *v1alpha1.BaselineRecord, drift *v1alpha1.RecordedDrift) (*v1alpha1.BaselineRecord, error) {
	sealed := whole.DeepCopy()
	sealed.Drift = drift
	if err := s.Sealer.Seal(sealed); err != nil {
		return nil, err
	}
	operations := append(testVersion(whole), manifest.AddOperation("/seal", sealed.Seal))
	switch {
	case drift != nil:
		operations = append(operations, manifest.AddOperation("/drift", drift))
	case whole.Drift != nil:
		operations = append(operations, manifest.RemoveOperation("/drift"))
	}
	patch, err := json.Marshal(operations)
	if err != nil {
		return nil, err
	}
	return s.patchRecord(ctx, namespace, whole, patch, v1alpha1.AuditFieldManager)
}
