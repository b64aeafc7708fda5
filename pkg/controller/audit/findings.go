package audit

import (
	"context"
	"sync"

	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"seedbed.dev/seedbed/pkg/audit"
	"seedbed.dev/seedbed/pkg/controller/queue"
)

// maxFindings is the number of findings that are handed out at a time. Their namespaces take half of the default workers at most.
const maxFindings = 8

// Findings hands what an audit found to the namespace controller, a few namespaces at a time. A finding that is not acted on is lost:
// the next audit finds it again.
type Findings struct {
	names chan event.TypedGenericEvent[string]

	mu sync.Mutex
	// waiting and running have the findings by namespace, before and while the namespace controller acts on them.
	waiting map[string][]audit.Finding
	running map[string]int
	// changed is closed when findings end, and replaced.
	changed chan struct{}
}

// NewFindings returns Findings that are empty.
func NewFindings() *Findings {
	return &Findings{
		names:   make(chan event.TypedGenericEvent[string], maxFindings), // one for each finding: a send never blocks
		waiting: map[string][]audit.Finding{}, running: map[string]int{}, changed: make(chan struct{}),
	}
}

// Source returns the source of the namespaces with findings. New namespaces precede them.
func (f *Findings) Source() source.Source { return queue.Names(f.names, queue.AddLow) }

// Take returns the findings of a namespace, once. The caller must call End afterwards.
func (f *Findings) Take(namespace string) []audit.Finding {
	f.mu.Lock()
	defer f.mu.Unlock()
	taken := f.waiting[namespace]
	if len(taken) > 0 {
		delete(f.waiting, namespace)
		f.running[namespace] += len(taken)
	}
	return taken
}

// End ends the findings of a namespace that were taken.
func (f *Findings) End(namespace string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.running[namespace] > 0 {
		delete(f.running, namespace)
		close(f.changed)
		f.changed = make(chan struct{})
	}
}

// put hands out a finding as soon as fewer than maxFindings are.
func (f *Findings) put(ctx context.Context, finding audit.Finding) error {
	return f.await(ctx, func() bool {
		if f.count() >= maxFindings {
			return false
		}
		name := finding.Namespace.Name
		f.waiting[name] = append(f.waiting[name], finding)
		f.names <- event.TypedGenericEvent[string]{Object: name}
		return true
	})
}

// awaitEnd returns when all findings have ended.
func (f *Findings) awaitEnd(ctx context.Context) error {
	return f.await(ctx, func() bool { return f.count() == 0 })
}

// await returns when isDone, which is called under the lock, reports true.
func (f *Findings) await(ctx context.Context, isDone func() bool) error {
	for {
		f.mu.Lock()
		done, changed := isDone(), f.changed
		f.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// count returns the number of findings that have not ended. The caller holds the lock.
func (f *Findings) count() int {
	count := 0
	for _, findings := range f.waiting {
		count += len(findings)
	}
	for _, findings := range f.running {
		count += findings
	}
	return count
}
