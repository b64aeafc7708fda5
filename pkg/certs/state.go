package certs

import "time"

// state is what is known about the webhook's certificates: the Secret's content, and what the webhook configurations
// hand to clients. Parts that are missing or damaged are nil.
type state struct {
	// issuer signs serving certificates.
	issuer *pair
	// next signs them once clients know it.
	next *pair
	// serving is what the replicas serve.
	serving *pair
	// bundle is what clients have to trust.
	bundle bundle
	// stored says whether the bundle stands in the Secret just as it is here.
	stored bool
	// published is what each webhook of the configurations holds; empty when there is none.
	published []bundle
	// publishedAt is since when every webhook has been seen to hold next.
	publishedAt time.Time
	// unusedAt is since when the bundle holds CAs that are of no use any more.
	unusedAt time.Time
	// request is the rotation that somebody asked for.
	request string
}

// recall fills in for a Secret that was deleted or damaged, with the certificate that the replicas still serve from
// memory and the CAs that the webhook configurations still hand out. So that also then a CA is published before it is used.
func (s *state) recall(served *pair, now time.Time) {
	if len(s.bundle) == 0 || !s.stored {
		for _, b := range s.published {
			s.bundle = newBundle(append(s.bundle, b...)...)
		}
		s.stored = s.stored && len(s.bundle) == 0 // nothing to remember: the first write is the bootstrap's
	}
	if served.validAt(now) && !s.serves(now) && s.bundle.trusts(served, now) {
		s.serving, s.stored = served, false
	}
}

// repair puts the CAs that are in use into the bundle, takes those out that are over, and says whether the Secret has to
// be written for it.
func (s *state) repair(now time.Time) bool {
	changed := !s.stored
	if s.next != nil && !s.next.validAt(now) {
		s.next, changed = nil, true
	}
	repaired := s.bundle.with(s.issuer, s.next).withoutExpired(now)
	changed = changed || !repaired.equal(s.bundle)
	s.bundle = repaired
	return changed
}

// serves says whether clients that know the bundle accept what the replicas serve.
func (s *state) serves(now time.Time) bool {
	return s.serving.validAt(now) && s.bundle.trusts(s.serving, now)
}

// nextPublished says whether every webhook holds the next CA. Without a configuration nobody does.
func (s *state) nextPublished() bool {
	for _, b := range s.published {
		if !b.holds(s.next) {
			return false
		}
	}
	return len(s.published) > 0
}

// needed is the part of the bundle that is of use: the CAs that sign or will, and whatever the serving certificate stands
// on, which is another one only after a repair.
func (s *state) needed(now time.Time) bundle {
	needed := bundle(nil).with(s.issuer, s.next)
	if s.serving == nil || needed.trusts(s.serving, now) {
		return needed
	}
	for _, c := range s.bundle {
		if one := newBundle(c); one.trusts(s.serving, now) {
			needed = append(needed, c)
		}
	}
	return newBundle(needed...)
}
