package queue

import (
	"context"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestIgnoreInitialListEnqueuesNewObjectsOnly(t *testing.T) {
	var enqueued []string
	create := IgnoreInitialList(func(_ context.Context, _ Requests, object client.Object) {
		enqueued = append(enqueued, object.GetName())
	})
	for name, initial := range map[string]bool{"old": true, "new": false} {
		create(t.Context(), event.CreateEvent{Object: &v1alpha1.Baseline{ObjectMeta: metav1.ObjectMeta{Name: name}}, IsInInitialList: initial}, nil)
	}
	if !slices.Equal(enqueued, []string{"new"}) {
		t.Errorf("enqueued for %v, want the new one only", enqueued)
	}
}
