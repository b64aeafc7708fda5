package fleet

import (
	"context"
	"errors"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/metrics"
)

func TestNothingBeginsWhileTheStatusCannotBeWritten(t *testing.T) {
	refused := errors.New("refused")
	s := newSlotsTest()
	s.setRollout("web", "r2", numbered(12), 1)
	s.takeNames()
	r := &Reconciler{Clock: s.clock, Slots: s.Slots, Recorder: newRecorder(t), Client: interceptor.NewClient(nil, interceptor.Funcs{
		SubResourcePatch: func(context.Context, client.Client, string, client.Object, client.Patch, ...client.SubResourcePatchOption) error {
			return refused
		},
	})}
	paused := countedBaseline(func(b *v1alpha1.Baseline) {
		b.Annotations = map[string]string{v1alpha1.AnnotationRolloutPaused: ""}
	})
	if _, err := r.updateStatus(t.Context(), &paused, &fleetStatus{}); !errors.Is(err, refused) {
		t.Fatalf("error %v", err)
	}
	s.End("a", nil)
	s.requireNames(t, "paused")
}

func newRecorder(t *testing.T) *metrics.Recorder {
	t.Helper()
	recorder, err := metrics.NewRecorder(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	return recorder
}
