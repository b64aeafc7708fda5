package certs

import (
	"slices"
	"time"
)

// policy configures the hosts and lifetimes of certificates. All fields must be set.
type policy struct {
	// hosts are the names and addresses by which clients verify the serving certificate.
	hosts []string
	// caLifetime and certLifetime are the validities of a CA and a serving certificate, which are replaced after two thirds
	// of them. x509 counts in seconds.
	caLifetime, certLifetime time.Duration
	// publishGrace is the time for clients to learn of a new CA, and for replicas to learn of a new serving certificate,
	// after the API server has it.
	publishGrace time.Duration
}

// step names a change made by [policy.nextStep].
type step string

// Steps. Each write makes one.
const (
	// stepNone means that nothing is due.
	stepNone step = ""
	// stepRepair writes the changes of [state.repairBundle].
	stepRepair step = "Repair"
	// stepBootstrap creates a CA and a serving certificate at once: there is no valid one whose clients could fail.
	stepBootstrap step = "Bootstrap"
	// stepReplaceServing has the CA sign another serving certificate.
	stepReplaceServing step = "ReplaceServing"
	// stepMakeNextCA creates the next CA and adds it to the bundle.
	stepMakeNextCA step = "MakeNextCA"
	// stepNotePublished records that every webhook has the next CA.
	stepNotePublished step = "NotePublished"
	// stepNoteUnpublished records that some webhook has lost the next CA.
	stepNoteUnpublished step = "NoteUnpublished"
	// stepSwitchCA makes the next CA the issuer, and has it sign the serving certificate.
	stepSwitchCA step = "SwitchCA"
	// stepNoteUnused records that the bundle holds unneeded CAs.
	stepNoteUnused step = "NoteUnused"
	// stepDropOldCAs removes them from the bundle.
	stepDropOldCAs step = "DropOldCAs"
)

// rules run in this order, until one makes a step.
var rules = []func(policy, *state, time.Time) (step, error){
	policy.ensureServing,
	policy.replaceServing,
	policy.makeNextCA,
	policy.switchCA,
	policy.dropOldCAs,
}

// nextStep returns the state after the one step that is due, and the step. If none is due, it returns the time until
// one may be. It reads no clock and writes nothing; only the keys it creates are random.
func (p policy) nextStep(s state, now time.Time) (state, step, time.Duration, error) {
	repaired := s.repairBundle(now)
	for _, rule := range rules {
		done, err := rule(p, &s, now)
		if err != nil || done != stepNone {
			return s, done, 0, err
		}
	}
	if repaired {
		return s, stepRepair, 0, nil
	}
	return s, stepNone, p.timeToNextStep(s, now), nil
}

// ensureServing makes the step that restores a valid serving certificate. It does not wait for a CA to be published,
// because no client succeeds now.
func (p policy) ensureServing(s *state, now time.Time) (step, error) {
	if s.isServing(now) {
		return stepNone, nil
	}
	if s.issuer.validAt(now) {
		return stepReplaceServing, p.signServing(s, now)
	}
	if s.next.validAt(now) {
		return stepSwitchCA, p.promoteNextCA(s, now)
	}
	ca, err := newCA(now, p.caLifetime)
	if err != nil {
		return stepNone, err
	}
	s.next = ca
	s.bundle = s.bundle.withPairs(ca)
	return stepBootstrap, p.promoteNextCA(s, now)
}

func (p policy) replaceServing(s *state, now time.Time) (step, error) {
	if !s.issuer.validAt(now) || !p.isServingDue(s, now) {
		return stepNone, nil
	}
	if s.request == RotateServing {
		s.request = ""
	}
	return stepReplaceServing, p.signServing(s, now)
}

func (p policy) isServingDue(s *state, now time.Time) bool {
	if s.request == RotateServing || !p.coversHosts(s.serving) {
		return true
	}
	// A certificate that ends with its CA cannot be extended. The next CA will sign a longer one.
	return !now.Before(s.serving.renewalTime()) && s.serving.leaf().NotAfter.Before(s.issuer.leaf().NotAfter)
}

// coversHosts reports whether the certificate is valid for all hosts. Additional names are accepted: while versions
// of Seedbed change, two leaders must not keep replacing each other's certificate.
func (p policy) coversHosts(serving *pair) bool {
	return !slices.ContainsFunc(p.hosts, func(host string) bool { return serving.leaf().VerifyHostname(host) != nil })
}

func (p policy) makeNextCA(s *state, now time.Time) (step, error) {
	if s.next.validAt(now) || (s.issuer.validAt(now) && now.Before(s.issuer.renewalTime()) && s.request != RotateCA) {
		return stepNone, nil
	}
	ca, err := newCA(now, p.caLifetime)
	if err != nil {
		return stepNone, err
	}
	s.next, s.publishedAt = ca, time.Time{}
	s.bundle = s.bundle.withPairs(ca)
	if s.request == RotateCA {
		s.request = ""
	}
	return stepMakeNextCA, nil
}

func (p policy) switchCA(s *state, now time.Time) (step, error) {
	if s.next == nil {
		return stepNone, nil
	}
	done, over := awaitGrace(s.isNextPublished(), &s.publishedAt, p.publishGrace, now, stepNotePublished, stepNoteUnpublished)
	if !over {
		return done, nil
	}
	return stepSwitchCA, p.promoteNextCA(s, now)
}

func (p policy) dropOldCAs(s *state, now time.Time) (step, error) {
	needed := s.neededCAs(now)
	if s.next != nil || needed.equal(s.bundle) {
		return stepNone, nil
	}
	if done, over := awaitGrace(true, &s.unusedAt, p.publishGrace, now, stepNoteUnused, stepNone); !over {
		return done, nil
	}
	s.bundle, s.unusedAt = needed, time.Time{}
	return stepDropOldCAs, nil
}

// awaitGrace reports whether a condition has held for the whole grace, since the recorded time. It keeps that time: its step is
// began when the condition holds from now on, and ceased when it holds no more.
func awaitGrace(holds bool, since *time.Time, grace time.Duration, now time.Time, began, ceased step) (done step, over bool) {
	switch {
	case !holds && !since.IsZero():
		*since = time.Time{}
		return ceased, false
	case holds && isUnset(*since, now):
		*since = now
		return began, false
	}
	return stepNone, holds && !now.Before(since.Add(grace))
}

// isUnset reports whether a grace has not begun. A start in the future was written by a wrong clock.
func isUnset(at, now time.Time) bool {
	return at.IsZero() || at.After(now)
}

// promoteNextCA makes the next CA the issuer. The old one stays in the bundle, without its key.
func (p policy) promoteNextCA(s *state, now time.Time) error {
	s.issuer, s.next = s.next, nil
	s.publishedAt, s.unusedAt = time.Time{}, time.Time{}
	if err := p.signServing(s, now); err != nil {
		return err
	}
	if !s.neededCAs(now).equal(s.bundle) {
		s.unusedAt = now
	}
	return nil
}

func (p policy) signServing(s *state, now time.Time) error {
	serving, err := newServing(now, p.certLifetime, p.hosts, s.issuer)
	if err != nil {
		return err
	}
	s.serving = serving
	return nil
}

// timeToNextStep returns the time until a rule may make a step.
func (p policy) timeToNextStep(s state, now time.Time) time.Duration {
	moments := []time.Time{s.publishedAt.Add(p.publishGrace), s.unusedAt.Add(p.publishGrace)}
	for _, one := range []*pair{s.issuer, s.next, s.serving} {
		if one != nil {
			moments = append(moments, one.renewalTime(), one.leaf().NotAfter)
		}
	}
	for _, c := range s.bundle {
		moments = append(moments, c.NotAfter)
	}
	return timeToNext(now, moments...)
}

// timeToNext returns the time until the next of some moments, at most maxWait.
func timeToNext(now time.Time, moments ...time.Time) time.Duration {
	wait := maxWait
	for _, moment := range moments {
		if moment.After(now) {
			wait = min(wait, moment.Sub(now))
		}
	}
	return wait
}
