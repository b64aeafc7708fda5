package namespace

import (
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/event"
)

// hintsBuffered bounds the hints that wait for the queue of the leader. Without a leader there is no reader: the buffer fills
// once, and every further hint is dropped at no cost.
const hintsBuffered = 1024

// HintRecorder records whether hints were queued.
type HintRecorder interface{ Hint(queued bool) }

// Hints carries the names of namespaces that admission allowed to the queue. A hint proves nothing: the namespace is not
// persisted yet and may never be. A dropped one follows by the watch.
type Hints struct {
	events   chan event.TypedGenericEvent[string]
	recorder HintRecorder
}

// NewHints returns the channel between admission and the namespace controller.
func NewHints(recorder HintRecorder) *Hints {
	return &Hints{events: make(chan event.TypedGenericEvent[string], hintsBuffered), recorder: recorder}
}

// Enqueue adds a hint, or drops it if the buffer is full. It never blocks.
func (h *Hints) Enqueue(namespace string, _ types.UID) {
	select {
	case h.events <- event.TypedGenericEvent[string]{Object: namespace}:
		h.recorder.Hint(true)
	default:
		h.recorder.Hint(false)
	}
}
