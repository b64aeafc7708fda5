package records

import (
	"context"
	"errors"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/seal"
)

// A failed test of a patch and content that a schema or a policy refuses are both Invalid. Only the first means that the update
// must be decided anew; the other would be repeated forever, and never counted.
func TestWriteUpdateTellsARefusalFromAStaleRecord(t *testing.T) {
	invalid := apierrors.NewInvalid(schema.GroupKind{Group: v1alpha1.GroupName, Kind: "BaselineRecord"}, "web", nil)
	outage := errors.New("no connection")
	tests := map[string]struct {
		live    *metav1.ObjectMeta // nil if the record is gone
		readErr error
		stale   bool
	}{
		"refused":        {live: &metav1.ObjectMeta{UID: "1", ResourceVersion: "7"}},
		"changed":        {live: &metav1.ObjectMeta{UID: "1", ResourceVersion: "8"}, stale: true},
		"made anew":      {live: &metav1.ObjectMeta{UID: "2", ResourceVersion: "7"}, stale: true},
		"deleted":        {stale: true},
		"cannot be read": {readErr: outage},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			reads := 0
			store := &Store{Sealer: fakeSealer{}, Client: interceptor.NewClient(nil, interceptor.Funcs{
				Patch: func(context.Context, client.WithWatch, client.Object, client.Patch, ...client.PatchOption) error {
					return invalid
				},
			}), Live: interceptor.NewClient(nil, interceptor.Funcs{
				Get: func(_ context.Context, _ client.WithWatch, key client.ObjectKey, object client.Object, _ ...client.GetOption) error {
					reads++
					switch {
					case test.readErr != nil:
						return test.readErr
					case test.live == nil:
						return apierrors.NewNotFound(schema.GroupResource{Group: v1alpha1.GroupName, Resource: "baselinerecords"}, key.Name)
					}
					object.SetUID(test.live.UID)
					object.SetResourceVersion(test.live.ResourceVersion)
					return nil
				},
			})}
			cached := &v1alpha1.BaselineRecord{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "web", UID: types.UID("1"), ResourceVersion: "7"}}
			TrimRecord(cached, seal.Good)
			_, err := store.WriteUpdate(t.Context(), &corev1.Namespace{}, cached, v1alpha1.RevisionContent{}, &v1alpha1.RestoreUpdate{})
			if !errors.Is(err, invalid) || errors.Is(err, ErrStale) != test.stale || errors.Is(err, test.readErr) != (test.readErr != nil) {
				t.Errorf("error %v, want stale: %t", err, test.stale)
			}
			if reads != 1 {
				t.Errorf("the record was read %d times", reads)
			}
		})
	}
}
