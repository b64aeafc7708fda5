package controller

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/event"
)

// hintsBuffered is how many hints wait for the leader's queue. A replica that does not lead has no reader:
// there the buffer fills once and every further hint is dropped, which costs nothing.
const hintsBuffered = 1024

// HintRecorder records what became of hints.
type HintRecorder interface{ Hint(queued bool) }

// Hints carries the names of namespaces that admission allowed to the queue. They are hints, never the
// truth: the namespace is not persisted yet and may never be, and a dropped one comes by the watch.
type Hints struct {
	events   chan event.TypedGenericEvent[*metav1.PartialObjectMetadata]
	recorder HintRecorder
}

// NewHints makes the channel between admission and the namespace controller.
func NewHints(recorder HintRecorder) *Hints {
	return &Hints{events: make(chan event.TypedGenericEvent[*metav1.PartialObjectMetadata], hintsBuffered), recorder: recorder}
}

// Enqueue never blocks.
func (h *Hints) Enqueue(namespace string, uid types.UID) {
	object := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: namespace, UID: uid}}
	select {
	case h.events <- event.TypedGenericEvent[*metav1.PartialObjectMetadata]{Object: object}:
		h.recorder.Hint(true)
	default:
		h.recorder.Hint(false)
	}
}
