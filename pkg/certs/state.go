package certs

import "time"

// state is the known state of the webhook's certificates: the Secret's content, and the bundles in the webhook
// configuration. Missing or damaged parts are nil.
type state struct {
	// issuer signs serving certificates.
	issuer *pair
	// next signs them once clients trust it.
	next *pair
	// serving is the certificate that the replicas serve.
	serving *pair
	// bundle holds the CAs that clients must trust.
	bundle bundle
	// stored is true if the Secret holds this bundle unchanged.
	stored bool
	// published is the bundle of each webhook in the configuration.
	published []bundle
	// publishedAt is the time since when every webhook is known to have next.
	publishedAt time.Time
	// unusedAt is the time since when the bundle holds unneeded CAs.
	unusedAt time.Time
	// request is the requested rotation.
	request string
}

// recoverLost replaces the content of a deleted or damaged Secret by the certificate that the replicas still serve
// from memory and the CAs in the webhook configuration. So a CA is published before it is used in that case too.
func (s *state) recoverLost(served *pair, now time.Time) {
	if len(s.bundle) == 0 || !s.stored {
		for _, b := range s.published {
			s.bundle = newBundle(append(s.bundle, b...)...)
		}
		s.stored = s.stored && len(s.bundle) == 0 // nothing to recover: the bootstrap writes first
	}
	if served.validAt(now) && !s.isServing(now) && s.bundle.trusts(served, now) {
		s.serving, s.stored = served, false
	}
}

// repairBundle adds the CAs in use to the bundle, removes expired ones, and reports whether the Secret must be
// written for it.
func (s *state) repairBundle(now time.Time) bool {
	changed := !s.stored
	if s.next != nil && !s.next.validAt(now) {
		s.next, changed = nil, true
	}
	repaired := s.bundle.withPairs(s.issuer, s.next).withoutExpired(now)
	changed = changed || !repaired.equal(s.bundle)
	s.bundle = repaired
	return changed
}

// isServing reports whether clients that trust the bundle accept the certificate that the replicas serve.
func (s *state) isServing(now time.Time) bool {
	return s.serving.validAt(now) && s.bundle.trusts(s.serving, now)
}

// isNextPublished reports whether every webhook has the next CA. Without a configuration none has.
func (s *state) isNextPublished() bool {
	for _, b := range s.published {
		if !b.contains(s.next) {
			return false
		}
	}
	return len(s.published) > 0
}

// neededCAs returns the part of the bundle that is needed: the CAs that sign or will sign, and the one that signed
// the serving certificate, which differs only after a repair.
func (s *state) neededCAs(now time.Time) bundle {
	needed := bundle(nil).withPairs(s.issuer, s.next)
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
