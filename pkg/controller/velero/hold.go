package velero

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"seedbed.dev/seedbed/pkg/controller/queue"
	"seedbed.dev/seedbed/pkg/internal/kube"
	"seedbed.dev/seedbed/pkg/policy"
)

// pollInterval is the interval of lists of Velero's Restores while a namespace is held.
const pollInterval = 5 * time.Second

// Restores lists Velero's Restores.
type Restores interface {
	// List returns no Restores if Velero is not installed or its Restores may not be read.
	List(ctx context.Context) ([]policy.VeleroRestore, error)
}

// Hold holds namespaces while one of Velero's Restores may be creating them. It has no state that another leader needs: the
// namespace and the Restores decide whether a namespace is held.
type Hold struct {
	restores Restores
	clock    clock.WithTicker
	// atMost is the age from which on no namespace is held.
	atMost time.Duration
	// released carries the namespaces that are held no longer.
	released chan event.TypedGenericEvent[string]

	// listing is locked during a list.
	listing sync.Mutex
	mu      sync.Mutex
	latest  restoreList
	// held has the time until which each namespace can be held, by name.
	held map[string]time.Time
}

// restoreList is the result of a list of Restores, and the time at which it began.
type restoreList struct {
	begun    time.Time
	restores []policy.VeleroRestore
	err      error
}

// NewHold returns a Hold that holds no namespace older than atMost.
func NewHold(restores Restores, ticking clock.WithTicker, atMost time.Duration) *Hold {
	return &Hold{
		restores: restores, clock: ticking, atMost: atMost, held: map[string]time.Time{}, released: make(chan event.TypedGenericEvent[string]),
	}
}

// ReleasedSource returns a source that enqueues the namespaces that are held no longer, after new ones.
func (h *Hold) ReleasedSource() source.Source {
	return queue.Names(h.released, queue.AddLow)
}

// Reason returns in one line why a namespace is held, or "".
func (h *Hold) Reason(ctx context.Context, namespace *corev1.Namespace) string {
	until := namespace.CreationTimestamp.Add(h.atMost)
	if !policy.MadeByVelero(namespace) || !h.clock.Now().Before(until) {
		h.Forget(namespace.Name)
		return ""
	}
	why := h.explainHold(namespace.Name, until, h.currentList(ctx, namespace))
	if why == "" {
		h.Forget(namespace.Name)
		return ""
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.held[namespace.Name] = until
	return why
}

// explainHold returns in one line why a namespace is held, until a time at the latest, or "".
func (h *Hold) explainHold(namespace string, until time.Time, list restoreList) string {
	if !h.clock.Now().Before(until) {
		return ""
	}
	latest := until.UTC().Format(time.RFC3339)
	if list.err != nil {
		return fmt.Sprintf("until Velero's Restores can be read, at the latest until %s: %v", latest, list.err)
	}
	if restore := policy.HeldBy(namespace, list.restores); restore != "" {
		return fmt.Sprintf("for Velero's Restore %s, which may be making the namespace, at the latest until %s", restore, latest)
	}
	return ""
}

// currentList returns a list that can decide about a namespace. A Restore is older than the namespace that it creates, so a list
// that began after the namespace's creation has that Restore. An older list can only prove that the namespace is held.
func (h *Hold) currentList(ctx context.Context, namespace *corev1.Namespace) restoreList {
	now, latest := h.clock.Now(), h.latestList()
	later := latest.begun.After(namespace.CreationTimestamp.Add(kube.ClockSkew))
	if now.Sub(latest.begun) < pollInterval && (later || policy.HeldBy(namespace.Name, latest.restores) != "") {
		return latest
	}
	return h.listSince(ctx, now)
}

// listWithin bounds one list.
const listWithin = 10 * time.Second

// listSince returns a list that began at since or later. Concurrent callers share it.
func (h *Hold) listSince(ctx context.Context, since time.Time) restoreList {
	h.listing.Lock()
	defer h.listing.Unlock()
	if latest := h.latestList(); !latest.begun.Before(since) {
		return latest
	}
	ctx, cancel := context.WithTimeout(ctx, listWithin)
	defer cancel()
	list := restoreList{begun: h.clock.Now()}
	list.restores, list.err = h.restores.List(ctx)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.latest = list
	return list
}

func (h *Hold) latestList() restoreList {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.latest
}

// Forget removes a namespace that is not held or gone.
func (h *Hold) Forget(namespace string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.held, namespace)
}

// Start releases namespaces until ctx ends, by one list every pollInterval for all of them, and none while no namespace is held.
func (h *Hold) Start(ctx context.Context) error {
	ticker := h.clock.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C():
			h.releaseEnded(ctx)
		}
	}
}

// releaseEnded enqueues the namespaces that are held no longer.
func (h *Hold) releaseEnded(ctx context.Context) {
	held := h.copyHeld()
	if len(held) == 0 {
		return
	}
	list := h.listSince(ctx, h.clock.Now())
	if list.err != nil {
		log.FromContext(ctx).Info("Could not list Velero's Restores", "held", len(held), "reason", list.err.Error())
	}
	for namespace, until := range held {
		if h.explainHold(namespace, until, list) != "" {
			continue
		}
		h.Forget(namespace)
		select {
		case h.released <- event.TypedGenericEvent[string]{Object: namespace}:
		case <-ctx.Done():
			return
		}
	}
}

func (h *Hold) copyHeld() map[string]time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.held)
}
