package certs

import (
	"slices"
	"time"
)

// policy says what certificates are for and how long they live. All of it must be set.
type policy struct {
	// hosts are the names and addresses that clients verify the serving certificate by.
	hosts []string
	// caLifetime and certLifetime are how long a CA and a serving certificate are valid. Each is replaced after two
	// thirds of it. x509 counts in seconds.
	caLifetime, certLifetime time.Duration
	// publishGrace is how long clients may take to learn of a new CA, and replicas of a new serving certificate, after
	// the API server has it.
	publishGrace time.Duration
}

// step names what [policy.next] did.
type step string

// Steps, one of which is made at a time.
const (
	// stepNone: nothing is due.
	stepNone step = ""
	// stepRepair writes what [state.repair] found.
	stepRepair step = "Repair"
	// stepBootstrap makes a CA and a serving certificate at once: nothing good is served that could be cut off.
	stepBootstrap step = "Bootstrap"
	// stepReplaceServing has the CA sign another serving certificate.
	stepReplaceServing step = "ReplaceServing"
	// stepMakeNextCA makes the next CA and puts it into the bundle.
	stepMakeNextCA step = "MakeNextCA"
	// stepNotePublished notes that every webhook holds the next CA from now on.
	stepNotePublished step = "NotePublished"
	// stepNoteUnpublished notes that some webhook does not hold the next CA after all.
	stepNoteUnpublished step = "NoteUnpublished"
	// stepSwitchCA makes the next CA the one that signs, and has it sign the serving certificate.
	stepSwitchCA step = "SwitchCA"
	// stepNoteUnused notes that the bundle holds CAs of no use from now on.
	stepNoteUnused step = "NoteUnused"
	// stepDropOldCAs takes them out of the bundle.
	stepDropOldCAs step = "DropOldCAs"
)

// rules are asked in this order; the first that has something to do does it.
var rules = []func(policy, *state, time.Time) (step, error){
	policy.serveSomething,
	policy.replaceServing,
	policy.makeNextCA,
	policy.switchCA,
	policy.dropOldCAs,
}

// next is the state after the one step that is due, the step's name, and, when none is due, how long until there may be
// one. It reads no clock and writes nothing; only the keys that it makes are random.
func (p policy) next(s state, now time.Time) (state, step, time.Duration, error) {
	repaired := s.repair(now)
	for _, rule := range rules {
		done, err := rule(p, &s, now)
		if err != nil || done != stepNone {
			return s, done, 0, err
		}
	}
	if repaired {
		return s, stepRepair, 0, nil
	}
	return s, stepNone, p.wait(s, now), nil
}

// serveSomething ends a state in which nobody is served: waiting for a CA to be published protects nothing then.
func (p policy) serveSomething(s *state, now time.Time) (step, error) {
	if s.serves(now) {
		return stepNone, nil
	}
	if s.issuer.validAt(now) {
		return stepReplaceServing, p.sign(s, now)
	}
	if s.next.validAt(now) {
		return stepSwitchCA, p.promote(s, now)
	}
	ca, err := newCA(now, p.caLifetime)
	if err != nil {
		return stepNone, err
	}
	s.next = ca
	s.bundle = s.bundle.with(ca)
	return stepBootstrap, p.promote(s, now)
}

func (p policy) replaceServing(s *state, now time.Time) (step, error) {
	if !s.issuer.validAt(now) || !p.servingDue(s, now) {
		return stepNone, nil
	}
	if s.request == RotateServing {
		s.request = ""
	}
	return stepReplaceServing, p.sign(s, now)
}

func (p policy) servingDue(s *state, now time.Time) bool {
	if s.request == RotateServing || !p.named(s.serving) {
		return true
	}
	// At its CA's end a certificate cannot be prolonged any more; the next CA will.
	return !now.Before(s.serving.due()) && s.serving.leaf().NotAfter.Before(s.issuer.leaf().NotAfter)
}

// named says whether the certificate is for all hosts. More than those are no fault: while versions of Seedbed change,
// two leaders must not replace each other's certificate in turn.
func (p policy) named(serving *pair) bool {
	return !slices.ContainsFunc(p.hosts, func(host string) bool { return serving.leaf().VerifyHostname(host) != nil })
}

func (p policy) makeNextCA(s *state, now time.Time) (step, error) {
	if s.next.validAt(now) || (s.issuer.validAt(now) && now.Before(s.issuer.due()) && s.request != RotateCA) {
		return stepNone, nil
	}
	ca, err := newCA(now, p.caLifetime)
	if err != nil {
		return stepNone, err
	}
	s.next, s.publishedAt = ca, time.Time{}
	s.bundle = s.bundle.with(ca)
	if s.request == RotateCA {
		s.request = ""
	}
	return stepMakeNextCA, nil
}

func (p policy) switchCA(s *state, now time.Time) (step, error) {
	if s.next == nil {
		return stepNone, nil
	}
	switch published := s.nextPublished(); {
	case !published && !s.publishedAt.IsZero():
		s.publishedAt = time.Time{}
		return stepNoteUnpublished, nil
	case !published:
		return stepNone, nil
	case unset(s.publishedAt, now):
		s.publishedAt = now
		return stepNotePublished, nil
	case now.Before(s.publishedAt.Add(p.publishGrace)):
		return stepNone, nil
	}
	return stepSwitchCA, p.promote(s, now)
}

func (p policy) dropOldCAs(s *state, now time.Time) (step, error) {
	needed := s.needed(now)
	if s.next != nil || needed.equal(s.bundle) {
		return stepNone, nil
	}
	if unset(s.unusedAt, now) {
		s.unusedAt = now
		return stepNoteUnused, nil
	}
	if now.Before(s.unusedAt.Add(p.publishGrace)) {
		return stepNone, nil
	}
	s.bundle, s.unusedAt = needed, time.Time{}
	return stepDropOldCAs, nil
}

// unset says whether a grace has still to begin; a beginning in the future was written by a clock that was wrong.
func unset(at, now time.Time) bool {
	return at.IsZero() || at.After(now)
}

// promote makes the next CA the issuer. The old one stays in the bundle, without its key.
func (p policy) promote(s *state, now time.Time) error {
	s.issuer, s.next = s.next, nil
	s.publishedAt, s.unusedAt = time.Time{}, time.Time{}
	if err := p.sign(s, now); err != nil {
		return err
	}
	if !s.needed(now).equal(s.bundle) {
		s.unusedAt = now
	}
	return nil
}

func (p policy) sign(s *state, now time.Time) error {
	serving, err := newServing(now, p.certLifetime, p.hosts, s.issuer)
	if err != nil {
		return err
	}
	s.serving = serving
	return nil
}

// wait is how long until the first moment at which a rule may have something to do.
func (p policy) wait(s state, now time.Time) time.Duration {
	moments := []time.Time{s.publishedAt.Add(p.publishGrace), s.unusedAt.Add(p.publishGrace)}
	for _, one := range []*pair{s.issuer, s.next, s.serving} {
		if one != nil {
			moments = append(moments, one.due(), one.leaf().NotAfter)
		}
	}
	for _, c := range s.bundle {
		moments = append(moments, c.NotAfter)
	}
	wait := longestWait
	for _, moment := range moments {
		if moment.After(now) {
			wait = min(wait, moment.Sub(now))
		}
	}
	return wait
}
