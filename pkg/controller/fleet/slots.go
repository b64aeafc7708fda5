package fleet

import (
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"seedbed.dev/seedbed/pkg/controller/queue"
)

// maxUpdates is the number of namespaces that are updated at a time. It leaves half of the default workers to new namespaces.
const maxUpdates = 8

// settleFor bounds how long an ended update is waited for in the cache. Afterwards its namespace may begin another one: that one
// was not made, for example because the namespace's record was changed meanwhile.
const settleFor = 10 * time.Second

// Slots hands the namespaces of all rollouts to the namespace controller, a few at a time. Its state ends with the process: a
// pass over the cache decides anew which namespaces are outdated.
type Slots struct {
	clock clock.PassiveClock
	names chan event.TypedGenericEvent[string]
	// exhausted gets a value when a rollout needs another pass.
	exhausted chan event.TypedGenericEvent[string]

	mu       sync.Mutex
	rollouts map[string]*admission // by baseline
	// running counts those of all rollouts.
	running int
	// next is the baseline whose turn it is.
	next int
}

// admission is the part of a rollout that may begin now.
type admission struct {
	hash string
	// waiting are the namespaces to update, in order.
	waiting []string
	// running has the revision that each namespace was updated to when it began.
	running map[string]string
	// ended has how the update of a namespace ended, until the cache must show it.
	ended map[string]endedUpdate
	// failures is the number of further failures that stop it.
	failures int
}

// endedUpdate is the end of an update.
type endedUpdate struct {
	at     time.Time
	failed bool
}

// NewSlots returns Slots without namespaces.
func NewSlots(passive clock.PassiveClock) *Slots {
	return &Slots{
		clock: passive, rollouts: map[string]*admission{},
		names:     make(chan event.TypedGenericEvent[string], maxUpdates), // one for each slot: a send never blocks
		exhausted: make(chan event.TypedGenericEvent[string], 1),
	}
}

// Source returns the source of the namespaces that may begin an update. New namespaces precede them.
func (s *Slots) Source() source.Source { return queue.Names(s.names, queue.AddLow) }

// IsDue reports whether a namespace may begin the update to a revision of a baseline now.
func (s *Slots) IsDue(namespace, baseline, revisionHash string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	rollout := s.rollouts[baseline]
	return rollout != nil && rollout.hash == revisionHash && rollout.running[namespace] == revisionHash
}

// End ends the updates of a namespace that were due, and begins others. failed names the baselines whose update failed.
func (s *Slots) End(namespace string, failed []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for baseline, rollout := range s.rollouts {
		hash, isRunning := rollout.running[namespace]
		if !isRunning {
			continue
		}
		delete(rollout.running, namespace)
		s.running--
		hasFailed := slices.Contains(failed, baseline)
		if hash == rollout.hash {
			rollout.ended[namespace] = endedUpdate{s.clock.Now(), hasFailed}
		}
		if hasFailed {
			rollout.failures--
		}
		if rollout.failures < 0 {
			rollout.waiting = nil
		}
		if len(rollout.waiting)+len(rollout.running) == 0 {
			s.requestPass()
		}
	}
	s.begin()
}

// setRollout replaces the namespaces of a baseline that may begin their update, and the number of failures that stop it. running
// are the namespaces that the pass took for running: it did not count a failure of theirs.
func (s *Slots) setRollout(baseline, revisionHash string, admit []string, failures int, running ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rollout := s.rollouts[baseline]
	if rollout == nil || rollout.hash != revisionHash {
		running := map[string]string{}
		if rollout != nil {
			running = rollout.running // they end by themselves, and are decided anew
		}
		rollout = &admission{hash: revisionHash, running: running, ended: map[string]endedUpdate{}}
		s.rollouts[baseline] = rollout
	}
	// Since the pass, updates have begun and ended.
	rollout.waiting = slices.DeleteFunc(slices.Clone(admit), func(namespace string) bool { return s.isRecent(rollout, namespace) })
	rollout.failures = failures
	for _, namespace := range slices.Concat(admit, running) {
		if rollout.ended[namespace].failed {
			rollout.failures--
		}
	}
	if rollout.failures < 0 {
		rollout.waiting = nil
	}
	s.begin()
}

// keepRollouts removes the rollouts of all other baselines.
func (s *Slots) keepRollouts(baselines sets.Set[string]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for baseline, rollout := range s.rollouts {
		if !baselines.Has(baseline) {
			s.running -= len(rollout.running)
			delete(s.rollouts, baseline)
		}
	}
}

// isRunning reports whether the update of a namespace has begun and the cache need not show its end yet.
func (s *Slots) isRunning(baseline, namespace string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	rollout := s.rollouts[baseline]
	if rollout == nil {
		return false
	}
	return s.isRecent(rollout, namespace)
}

// The delays of further passes over namespaces whose updates have ended and that the cache shows as outdated: it is behind by
// milliseconds, or the update was not made.
const (
	recheckSoon  = 100 * time.Millisecond
	recheckLater = time.Second
)

// recheckAfter returns the delay of the next pass over a rollout with recent updates. Those that run request a pass at their end.
func (s *Slots) recheckAfter(baseline string) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	rollout := s.rollouts[baseline]
	if rollout == nil || len(rollout.running)+len(rollout.waiting) > 0 {
		return settleFor
	}
	for _, ended := range rollout.ended {
		if s.clock.Since(ended.at) < recheckLater {
			return recheckSoon
		}
	}
	return recheckLater
}

// forgetEnded forgets how the updates of a rollout ended, which matters only while the cache may not show it.
func (s *Slots) forgetEnded(baseline string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if rollout := s.rollouts[baseline]; rollout != nil {
		clear(rollout.ended)
	}
}

// isRecent is isRunning for a rollout. The caller holds the lock.
func (s *Slots) isRecent(rollout *admission, namespace string) bool {
	ended, hasEnded := rollout.ended[namespace]
	if hasEnded && s.clock.Since(ended.at) >= settleFor {
		delete(rollout.ended, namespace)
		hasEnded = false
	}
	_, hasBegun := rollout.running[namespace]
	return hasBegun || hasEnded
}

// begin hands out names while slots are free, one baseline after the other. The caller holds the lock.
func (s *Slots) begin() {
	names := make([]string, 0, len(s.rollouts))
	for baseline, rollout := range s.rollouts {
		if len(rollout.waiting) > 0 {
			names = append(names, baseline)
		}
	}
	slices.Sort(names)
	for len(names) > 0 && s.running < maxUpdates {
		s.next = (s.next + 1) % len(names)
		rollout := s.rollouts[names[s.next]]
		namespace := rollout.waiting[0]
		rollout.waiting = rollout.waiting[1:]
		if len(rollout.waiting) == 0 {
			names = slices.Delete(names, s.next, s.next+1)
		}
		rollout.running[namespace] = rollout.hash
		s.running++
		s.names <- event.TypedGenericEvent[string]{Object: namespace}
	}
}

// requestPass asks for a pass over the cache at once.
func (s *Slots) requestPass() {
	select {
	case s.exhausted <- event.TypedGenericEvent[string]{}:
	default: // one is asked for already
	}
}
