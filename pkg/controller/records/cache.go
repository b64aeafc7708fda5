package records

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/seal"
)

// TrimCached returns the transform of cached records. It verifies the seal, which covers the whole record, removes the long
// lists, and puts the verdict in place of the seal. Readers of the lists read the record from the API server. An informer may
// call the transform again with an object that it returned: that one has its verdict already.
func TrimCached(sealer Sealer) func(object any) (any, error) {
	return func(object any) (any, error) {
		record, ok := object.(*v1alpha1.BaselineRecord)
		if !ok || strings.HasPrefix(record.Seal, verdictPrefix) {
			return object, nil
		}
		record.Seal = CachedSeal(sealer.Verify(record))
		record.ManagedFields = nil
		record.Result.TrimLists()
		return record, nil
	}
}

// verdictPrefix marks a verdict in place of a seal. It is random, so that no writer of records can forge a verdict.
var verdictPrefix = rand.Text() + ":"

// CachedSeal returns the text that stands for a verdict in the seal of a cached record.
func CachedSeal(verdict seal.Verdict) string { return verdictPrefix + string(verdict) }

// CachedVerdict returns the verdict on the seal of a cached record.
func CachedVerdict(record *v1alpha1.BaselineRecord) seal.Verdict {
	verdict, ok := strings.CutPrefix(record.Seal, verdictPrefix)
	if !ok {
		return seal.Forged
	}
	return seal.Verdict(verdict)
}

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
