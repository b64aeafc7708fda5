package certs

import "time"

// segmentPolicy configures the lifetime of segments. All fields must be set.
type segmentPolicy struct {
	// rotation is the time for which a segment is current.
	rotation time.Duration
	// publishGrace is the time for replicas to learn of the Secret, and for API servers to learn of a webhook configuration.
	publishGrace time.Duration
}

// Steps with segments. Each write makes one.
const (
	// stepFirstSegment creates a segment, or takes the next one, at once: no caller is accepted that could fail.
	stepFirstSegment step = "FirstSegment"
	// stepMakeNextSegment has the replicas accept another segment.
	stepMakeNextSegment step = "MakeNextSegment"
	// stepNoteNextSegment notes that the Secret holds the next segment from now on.
	stepNoteNextSegment step = "NoteNextSegment"
	// stepSwitchSegment makes the next segment current; the webhook configuration gets it after that.
	stepSwitchSegment step = "SwitchSegment"
	// stepNoteSegmentPublished records that every webhook has the current segment.
	stepNoteSegmentPublished step = "NoteSegmentPublished"
	// stepNoteSegmentUnpublished records that some webhook has lost it.
	stepNoteSegmentUnpublished step = "NoteSegmentUnpublished"
	// stepDropPreviousSegment has the replicas refuse the previous segment.
	stepDropPreviousSegment step = "DropPreviousSegment"
)

// segmentRules run in this order, until one makes a step.
var segmentRules = []func(segmentPolicy, *segmentState, time.Time) step{
	segmentPolicy.storeRecovered,
	segmentPolicy.ensureCurrent,
	segmentPolicy.makeNextSegment,
	segmentPolicy.switchToNext,
	segmentPolicy.dropPrevious,
}

// nextStep returns the state after the one step that is due, and the step. If none is due, it returns the time until
// one may be. It reads no clock and writes nothing; only a new segment is random.
func (p segmentPolicy) nextStep(s segmentState, now time.Time) (segmentState, step, time.Duration) {
	for _, rule := range segmentRules {
		if done := rule(p, &s, now); done != stepNone {
			return s, done, 0
		}
	}
	return s, stepNone, p.timeToNextStep(s, now)
}

// storeRecovered writes the segments of [segmentState.recoverLost], so that replicas that start now accept them too.
func (p segmentPolicy) storeRecovered(s *segmentState, _ time.Time) step {
	if !s.recovered {
		return stepNone
	}
	s.recovered = false
	return stepRepair
}

// ensureCurrent makes the step that sets a current segment. It does not wait for replicas to learn of it, because
// they accept no caller now.
func (p segmentPolicy) ensureCurrent(s *segmentState, now time.Time) step {
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

// makeNextSegment starts a rotation after the previous one has ended.
func (p segmentPolicy) makeNextSegment(s *segmentState, now time.Time) step {
	if s.next != "" || s.previous != "" {
		return stepNone
	}
	if !s.requested && !isUnset(s.currentSince, now) && now.Before(s.currentSince.Add(p.rotation)) {
		return stepNone
	}
	s.next, s.nextSince, s.requested = newSegment(), now, false
	return stepMakeNextSegment
}

func (p segmentPolicy) switchToNext(s *segmentState, now time.Time) step {
	if s.next == "" {
		return stepNone
	}
	if done, over := awaitGrace(true, &s.nextSince, p.publishGrace, now, stepNoteNextSegment, stepNone); !over {
		return done
	}
	s.previous, s.current, s.next = s.current, s.next, ""
	s.currentSince, s.nextSince, s.publishedSince = now, time.Time{}, time.Time{}
	return stepSwitchSegment
}

func (p segmentPolicy) dropPrevious(s *segmentState, now time.Time) step {
	if s.previous == "" {
		return stepNone
	}
	done, over := awaitGrace(s.isPublished(), &s.publishedSince, p.publishGrace, now, stepNoteSegmentPublished, stepNoteSegmentUnpublished)
	if !over {
		return done
	}
	s.previous, s.publishedSince = "", time.Time{}
	return stepDropPreviousSegment
}

// timeToNextStep returns the time until a rule may make a step.
func (p segmentPolicy) timeToNextStep(s segmentState, now time.Time) time.Duration {
	return timeToNext(now, s.currentSince.Add(p.rotation), s.nextSince.Add(p.publishGrace), s.publishedSince.Add(p.publishGrace))
}
