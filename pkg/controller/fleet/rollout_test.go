package fleet

import (
	"context"
	"errors"
	"testing"

	"k8s.io/apimachinery/pkg/util/sets"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestNothingBeginsWhileTheStatusCannotBeWritten(t *testing.T) {
	refused := errors.New("refused")
	s := newSlotsTest()
	s.setRollout("web", "r2", numbered(12), 1)
	s.takeNames()
	r := &Reconciler{Clock: s.clock, Slots: s.Slots, Recorder: ignoringRecorder{}, Client: interceptor.NewClient(nil, interceptor.Funcs{
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

// ignoringRecorder records nothing.
type ignoringRecorder struct{}

func (ignoringRecorder) Baseline(string, bool, map[string]int32, int32, string) {}
func (ignoringRecorder) KeepBaselines(sets.Set[string])                         {}
