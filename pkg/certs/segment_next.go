package certs

import "time"

// segmentPolicy says how long segments are in use. All of it must be set.
type segmentPolicy struct {
	// rotation is how long a segment is current.
	rotation time.Duration
	// publishGrace is how long replicas may take to learn of the Secret, and API servers of a webhook configuration.
	publishGrace time.Duration
}

// Steps with segments, one of which is made at a time.
const (
	// stepFirstSegment makes a segment, or takes the next one, at once: no caller is accepted that could be cut off.
	stepFirstSegment step = "FirstSegment"
	// stepMakeNextSegment has the replicas accept another segment.
	stepMakeNextSegment step = "MakeNextSegment"
	// stepNoteNextSegment notes that the Secret holds the next segment from now on.
	stepNoteNextSegment step = "NoteNextSegment"
	// stepSwitchSegment makes the next segment current; the webhook configurations get it after that.
	stepSwitchSegment step = "SwitchSegment"
	// stepNoteSegmentPublished notes that every webhook is called by the current segment from now on.
	stepNoteSegmentPublished step = "NoteSegmentPublished"
	// stepNoteSegmentUnpublished notes that some webhook is not called by it after all.
	stepNoteSegmentUnpublished step = "NoteSegmentUnpublished"
	// stepDropPreviousSegment has the replicas refuse the previous segment.
	stepDropPreviousSegment step = "DropPreviousSegment"
)

// segmentRules are asked in this order; the first that has something to do does it.
var segmentRules = []func(segmentPolicy, *segmentState, time.Time) step{
	segmentPolicy.storeRecalled,
	segmentPolicy.acceptSomething,
	segmentPolicy.makeNext,
	segmentPolicy.switchToNext,
	segmentPolicy.dropPrevious,
}

// next returns the state after the one step that is due, the step's name, and, when none is due, how long until there may be
// one. It reads no clock and writes nothing; only a new segment is random.
func (p segmentPolicy) next(s segmentState, now time.Time) (segmentState, step, time.Duration) {
	for _, rule := range segmentRules {
		if done := rule(p, &s, now); done != stepNone {
			return s, done, 0
		}
	}
	return s, stepNone, p.wait(s, now)
}

// storeRecalled writes what [segmentState.recall] found, so that replicas that start now accept it too.
func (p segmentPolicy) storeRecalled(s *segmentState, _ time.Time) step {
	if !s.recalled {
		return stepNone
	}
	s.recalled = false
	return stepRepair
}

// acceptSomething ends a state in which the replicas accept no caller: waiting for them to learn protects nothing then.
func (p segmentPolicy) acceptSomething(s *segmentState, now time.Time) step {
	if s.current != "" {
		return stepNone
	}
	s.current, s.next = s.next, ""
	if s.current == "" {
		s.current = newSegment()
	}
	s.currentSince, s.nextSince, s.publishedSince = now, time.Time{}, time.Time{}
	s.requested = false
	return stepFirstSegment
}

// makeNext begins a rotation when the one before is over.
func (p segmentPolicy) makeNext(s *segmentState, now time.Time) step {
	if s.next != "" || s.previous != "" {
		return stepNone
	}
	if !s.requested && !unset(s.currentSince, now) && now.Before(s.currentSince.Add(p.rotation)) {
		return stepNone
	}
	s.next, s.nextSince, s.requested = newSegment(), now, false
	return stepMakeNextSegment
}

func (p segmentPolicy) switchToNext(s *segmentState, now time.Time) step {
	switch {
	case s.next == "":
		return stepNone
	case unset(s.nextSince, now):
		s.nextSince = now
		return stepNoteNextSegment
	case now.Before(s.nextSince.Add(p.publishGrace)):
		return stepNone
	}
	s.previous, s.current, s.next = s.current, s.next, ""
	s.currentSince, s.nextSince, s.publishedSince = now, time.Time{}, time.Time{}
	return stepSwitchSegment
}

func (p segmentPolicy) dropPrevious(s *segmentState, now time.Time) step {
	if s.previous == "" {
		return stepNone
	}
	switch published := s.isPublished(); {
	case !published && !s.publishedSince.IsZero():
		s.publishedSince = time.Time{}
		return stepNoteSegmentUnpublished
	case !published:
		return stepNone
	case unset(s.publishedSince, now):
		s.publishedSince = now
		return stepNoteSegmentPublished
	case now.Before(s.publishedSince.Add(p.publishGrace)):
		return stepNone
	}
	s.previous, s.publishedSince = "", time.Time{}
	return stepDropPreviousSegment
}

// wait returns how long until the first moment at which a rule may have something to do.
func (p segmentPolicy) wait(s segmentState, now time.Time) time.Duration {
	wait := longestWait
	for _, moment := range []time.Time{
		s.currentSince.Add(p.rotation), s.nextSince.Add(p.publishGrace), s.publishedSince.Add(p.publishGrace),
	} {
		if moment.After(now) {
			wait = min(wait, moment.Sub(now))
		}
	}
	return wait
}
