package fleet

import (
	"slices"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"
)

// slotsTest has the names that the slots handed out.
type slotsTest struct {
	*Slots
	clock *clocktesting.FakePassiveClock
}

func newSlotsTest() *slotsTest {
	clock := clocktesting.NewFakePassiveClock(time.Unix(1000, 0))
	return &slotsTest{Slots: NewSlots(clock), clock: clock}
}

// takeNames returns the names that were handed out since the last call, sorted.
func (s *slotsTest) takeNames() []string {
	var names []string
	for len(s.names) > 0 {
		names = append(names, (<-s.names).Object)
	}
	slices.Sort(names)
	return names
}

func (s *slotsTest) requireNames(t *testing.T, step string, want ...string) {
	t.Helper()
	if got := s.takeNames(); !slices.Equal(got, want) {
		t.Errorf("%s: %v began, want %v", step, got, want)
	}
}

func (s *slotsTest) isPassRequested() bool {
	select {
	case <-s.exhausted:
		return true
	default:
		return false
	}
}

func numbered(count int) []string {
	var names []string
	for i := range count {
		names = append(names, string(rune('a'+i)))
	}
	return names
}

func TestSlotsBoundTheUpdatesOfAllRollouts(t *testing.T) {
	s := newSlotsTest()
	s.setRollout("web", "r1", numbered(6), 1)
	s.requireNames(t, "one rollout", "a", "b", "c", "d", "e", "f")
	s.setRollout("db", "r9", []string{"x", "y", "z"}, 1)
	s.requireNames(t, "another", "x", "y")
	if s.IsDue("z", "db", "r9") || !s.IsDue("x", "db", "r9") || s.IsDue("x", "web", "r1") || s.IsDue("x", "db", "r8") {
		t.Error("only x and y are due, for db at r9")
	}
	s.End("a", nil)
	s.requireNames(t, "a slot is free", "z")
	if s.isPassRequested() {
		t.Error("a pass was requested while updates run")
	}
	for _, name := range []string{"b", "c", "d", "e", "f"} {
		s.End(name, nil)
	}
	if !s.isPassRequested() {
		t.Error("web has updated all that it may, and no pass was requested")
	}
}

func TestSlotsStopAfterTooManyFailures(t *testing.T) {
	s := newSlotsTest()
	s.setRollout("web", "r1", numbered(12), 1)
	s.takeNames()
	s.End("a", []string{"web"})
	s.requireNames(t, "one failure is allowed", "i")
	s.End("b", []string{"web", "db"})
	s.requireNames(t, "another is not")
	for _, name := range []string{"c", "d", "e", "f", "g", "h"} {
		s.End(name, nil)
	}
	s.requireNames(t, "the rest ended")
	s.End("i", nil)
	if !s.isPassRequested() {
		t.Error("no pass was requested, so that nothing ever reports the stop")
	}
}

func TestSlotsRememberAFailureThatThePassDidNotCount(t *testing.T) {
	for name, pass := range map[string]func(*slotsTest){
		"the cache is late":            func(s *slotsTest) { s.setRollout("web", "r1", numbered(12)[8:], 0, numbered(8)...) },
		"it began and ended meanwhile": func(s *slotsTest) { s.setRollout("web", "r1", numbered(12), 0) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSlotsTest()
			s.setRollout("web", "r1", numbered(8), 0)
			s.takeNames()
			s.End("a", []string{"web"})
			s.End("b", nil)
			pass(s)
			s.requireNames(t, "after a failure")
			s.clock.SetTime(s.clock.Now().Add(settleFor))
			s.setRollout("web", "r1", numbered(12)[8:], 0) // it has healed
			s.requireNames(t, "the next pass", "i", "j")
		})
	}
}

func TestSlotsForgetASupersededRevision(t *testing.T) {
	s := newSlotsTest()
	s.setRollout("web", "r1", []string{"a", "b"}, 0)
	s.takeNames()
	s.setRollout("web", "r2", []string{"a", "b", "c"}, 0)
	s.requireNames(t, "what runs ends first", "c")
	if s.IsDue("a", "web", "r1") || s.IsDue("a", "web", "r2") {
		t.Error("a is due, although its update to r1 was superseded")
	}
	s.End("a", nil)
	if s.isRunning("web", "a") {
		t.Error("a counts as updated to r2")
	}
	s.setRollout("web", "r2", []string{"a"}, 0)
	s.requireNames(t, "the next pass", "a")
}

func TestSlotsWaitForTheCache(t *testing.T) {
	s := newSlotsTest()
	s.setRollout("web", "r1", []string{"a"}, 0)
	s.End("a", nil)
	if !s.isRunning("web", "a") {
		t.Error("a could begin again before the cache shows its record")
	}
	s.clock.SetTime(s.clock.Now().Add(settleFor))
	if s.isRunning("web", "a") {
		t.Error("a waits forever for a record that was never written")
	}
}

func TestSlotsOfADeletedBaselineAreFree(t *testing.T) {
	s := newSlotsTest()
	s.setRollout("web", "r1", numbered(maxUpdates), 0)
	s.takeNames()
	s.keepRollouts(nil)
	s.setRollout("db", "r9", []string{"x"}, 0)
	s.requireNames(t, "the other rollout", "x")
	s.End("a", nil) // of no rollout any more
	if s.running != 1 {
		t.Errorf("%d updates are counted", s.running)
	}
}

func TestSlotsHaveTheCacheReadAgainSoon(t *testing.T) {
	s := newSlotsTest()
	s.setRollout("web", "r1", []string{"a"}, 0)
	if got := s.recheckAfter("web"); got != settleFor {
		t.Errorf("while an update runs, the next pass is after %s", got)
	}
	s.End("a", nil)
	if got := s.recheckAfter("web"); got != recheckSoon {
		t.Errorf("after its end, the next pass is after %s", got)
	}
	s.clock.SetTime(s.clock.Now().Add(recheckLater))
	if got := s.recheckAfter("web"); got != recheckLater {
		t.Errorf("if the cache does not show it, the next pass is after %s", got)
	}
}
