package records

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/apierr"
	"seedbed.dev/seedbed/pkg/internal/kube"
	"seedbed.dev/seedbed/pkg/internal/manifest"
)

// ErrStale reports that the record was changed or deleted while its namespace was updated. The update must be decided anew.
var ErrStale = errors.New("the record was changed meanwhile")

// WriteUpdate stores the result of an update in a record, removes its drift, and leaves the rest of it unchanged. cached is the record as the
// cache has it: one request is enough, because its seal covers a digest of the long lists that the cache lacks. The errors wrap
// ErrStale or ErrAltered; IsNamespaceMissing and IsRefusal classify the others.
func (s *Store) WriteUpdate(ctx context.Context, namespace *corev1.Namespace, cached *v1alpha1.BaselineRecord, revision v1alpha1.RevisionContent, update *v1alpha1.RestoreUpdate) (*v1alpha1.BaselineRecord, error) {
	patch, err := s.newUpdatePatch(cached, revision, update)
	if err != nil {
		return nil, err
	}
	return s.patchRecord(ctx, namespace, cached, patch, v1alpha1.FieldManager)
}

// patchRecord sends a JSON Patch that changes a record of that version alone, and returns the record that was written.
func (s *Store) patchRecord(ctx context.Context, namespace *corev1.Namespace, cached *v1alpha1.BaselineRecord, patch []byte, manager client.FieldOwner) (*v1alpha1.BaselineRecord, error) {
	written := &v1alpha1.BaselineRecord{}
	written.Namespace, written.Name = cached.Namespace, cached.Name
	var last error
	err := wait.ExponentialBackoffWithContext(ctx, kube.WriteRetries, func(ctx context.Context) (bool, error) {
		last = s.Client.Patch(ctx, written, client.RawPatch(types.JSONPatchType, patch), manager)
		return last == nil || !apierr.IsTransient(last), nil
	})
	switch {
	case last == nil && err != nil:
		return nil, err
	case last != nil:
		return nil, fmt.Errorf("updating record %s of namespace %s: %w", cached.Name, cached.Namespace, s.explainRefusal(ctx, cached, last))
	case !s.isGenuine(written, namespace.UID):
		return nil, fmt.Errorf("record %s of namespace %s: %w", written.Name, written.Namespace, ErrAltered)
	}
	return written, nil
}

// explainRefusal adds ErrStale to the error of a refused patch if the record has another version than the cached one. The API server
// gives a failed test the reason that it gives content that a schema or a policy refuses, so the record decides.
func (s *Store) explainRefusal(ctx context.Context, cached *v1alpha1.BaselineRecord, refused error) error {
	if apierr.IsObjectNotFound(refused) {
		return fmt.Errorf("%w: %w", ErrStale, refused)
	}
	if !apierrors.IsInvalid(refused) {
		return refused
	}
	live, err := s.getLive(ctx, cached.Namespace, cached.Name)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", err, refused)
	case live == nil || live.UID != cached.UID || live.ResourceVersion != cached.ResourceVersion:
		return fmt.Errorf("%w: %w", ErrStale, refused)
	default:
		return refused
	}
}

// newUpdatePatch returns the JSON Patch that changes a record of that version alone.
func (s *Store) newUpdatePatch(cached *v1alpha1.BaselineRecord, revision v1alpha1.RevisionContent, update *v1alpha1.RestoreUpdate) ([]byte, error) {
	result, ok := cachedResultDigest(cached)
	if !ok {
		return nil, fmt.Errorf("record %s of namespace %s: %w", cached.Name, cached.Namespace, ErrStale)
	}
	sealed := &v1alpha1.BaselineRecord{ObjectMeta: cached.ObjectMeta, Revision: revision, Update: update}
	if err := s.Sealer.SealUpdate(sealed, result); err != nil {
		return nil, err
	}
	operations := append(testVersion(cached),
		manifest.AddOperation("/revision", revision),
		manifest.AddOperation("/update", update),
		manifest.AddOperation("/seal", sealed.Seal),
	)
	if cached.Drift != nil { // it was from the revision before
		operations = append(operations, manifest.RemoveOperation("/drift"))
	}
	return json.Marshal(append(operations, runOperations(cached, revision)...))
}

// testVersion returns the operations that refuse a patch of any other version of a record.
func testVersion(record *v1alpha1.BaselineRecord) []manifest.Operation {
	return []manifest.Operation{
		manifest.TestOperation("/metadata/uid", record.UID),
		manifest.TestOperation("/metadata/resourceVersion", record.ResourceVersion),
	}
}
