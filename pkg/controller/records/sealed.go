package records

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/seal"
)

// Sealed finds the baselines that a namespace holds.
type Sealed struct {
	// Client reads records from a cache with the transform TrimCached, which verifies their seals.
	Client client.Reader
}

// HasSealedRecord implements authorization.Records.
func (s *Sealed) HasSealedRecord(ctx context.Context, namespace string, uid types.UID, baseline string) (bool, error) {
	record := &v1alpha1.BaselineRecord{}
	err := s.Client.Get(ctx, types.NamespacedName{Namespace: namespace, Name: baseline}, record)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading the record %s of namespace %s: %w", baseline, namespace, err)
	}
	return record.DeletionTimestamp == nil && IsOwnedBy(record, uid) && CachedVerdict(record) == seal.Good, nil
}
