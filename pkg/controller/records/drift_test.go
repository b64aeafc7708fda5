package records

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/seal"
)

// patchRecorder keeps the operations of a patch, by path, and its manager.
type patchRecorder struct {
	operations map[string]string
	manager    string
}

// store returns a Store whose patches are recorded, and answered by a genuine record of the namespace.
func (p *patchRecorder) store() *Store {
	return &Store{Sealer: fakeSealer{}, Client: interceptor.NewClient(nil, interceptor.Funcs{
		Patch: func(_ context.Context, _ client.WithWatch, object client.Object, patch client.Patch, options ...client.PatchOption) error {
			var applied client.PatchOptions
			applied.ApplyOptions(options)
			p.manager = applied.FieldManager
			content, err := patch.Data(object)
			if err != nil {
				return err
			}
			var operations []struct{ Op, Path string }
			if err := json.Unmarshal(content, &operations); err != nil {
				return err
			}
			p.operations = map[string]string{}
			for _, operation := range operations {
				p.operations[operation.Path] = operation.Op
			}
			object.(*v1alpha1.BaselineRecord).Seal = "genuine"
			object.SetOwnerReferences([]metav1.OwnerReference{{APIVersion: "v1", Kind: "Namespace", UID: "team"}})
			return nil
		},
	})}
}

func TestDriftIsWrittenAloneAndEndsWithAnUpdate(t *testing.T) {
	const uid, version = "/metadata/uid", "/metadata/resourceVersion"
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "team", UID: "team"}}
	drift := &v1alpha1.RecordedDrift{Count: 1}
	update := func(s *Store, record *v1alpha1.BaselineRecord) error {
		TrimRecord(record, seal.Good)
		_, err := s.WriteUpdate(t.Context(), namespace, record, v1alpha1.RevisionContent{Hash: "2"}, &v1alpha1.RestoreUpdate{})
		return err
	}
	writeDrift := func(drift *v1alpha1.RecordedDrift) func(*Store, *v1alpha1.BaselineRecord) error {
		return func(s *Store, record *v1alpha1.BaselineRecord) error {
			_, err := s.WriteDrift(t.Context(), namespace, record, drift)
			return err
		}
	}
	tests := map[string]struct {
		held    *v1alpha1.RecordedDrift
		write   func(*Store, *v1alpha1.BaselineRecord) error
		want    map[string]string
		manager string
	}{
		"the first drift":     {write: writeDrift(drift), want: map[string]string{uid: "test", version: "test", "/seal": "add", "/drift": "add"}, manager: v1alpha1.AuditFieldManager},
		"another drift":       {held: drift, write: writeDrift(drift), want: map[string]string{uid: "test", version: "test", "/seal": "add", "/drift": "add"}, manager: v1alpha1.AuditFieldManager},
		"no drift any more":   {held: drift, write: writeDrift(nil), want: map[string]string{uid: "test", version: "test", "/seal": "add", "/drift": "remove"}, manager: v1alpha1.AuditFieldManager},
		"an update":           {write: update, want: map[string]string{uid: "test", version: "test", "/seal": "add", "/revision": "add", "/update": "add"}, manager: v1alpha1.FieldManager},
		"an update after one": {held: drift, write: update, want: map[string]string{uid: "test", version: "test", "/seal": "add", "/revision": "add", "/update": "add", "/drift": "remove"}, manager: v1alpha1.FieldManager},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			recorder := &patchRecorder{}
			record := &v1alpha1.BaselineRecord{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "web", UID: "1", ResourceVersion: "7"}, Drift: test.held}
			if err := test.write(recorder.store(), record); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, recorder.operations); diff != "" || recorder.manager != test.manager {
				t.Errorf("written by %s, operations (want, got): %s", recorder.manager, diff)
			}
		})
	}
}
