package certs

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	clocktesting "k8s.io/utils/clock/testing"
)

func segmentSecret(s segmentState) *corev1.Secret {
	secret := &corev1.Secret{}
	writeSegments(secret, s)
	return secret
}

func TestSegmentSourceAcceptsForOneMoreGrace(t *testing.T) {
	a, b, c := segmentOf("a"), segmentOf("b"), segmentOf("c")
	clock := clocktesting.NewFakePassiveClock(epoch)
	s := NewSegmentSource("seedbed-system", "paths", time.Minute)
	s.clock = clock
	check := func(when string, accepted map[string]bool) {
		t.Helper()
		for segment, want := range accepted {
			if got := s.Accepts(segment); got != want {
				t.Errorf("%s: accepts %.4s…: %v", when, segment, got)
			}
		}
	}
	if s.Ready(nil) == nil || s.Loaded() {
		t.Error("ready before anything is loaded")
	}
	check("at first", map[string]bool{"": false, a: false})

	if err := s.Load(segmentSecret(segmentState{current: a, next: b})); err != nil || s.Ready(nil) != nil {
		t.Fatalf("%v, ready: %v", err, s.Ready(nil))
	}
	check("loaded", map[string]bool{a: true, b: true, c: false, "": false, a[1:]: false, a + a: false})

	if err := s.Load(&corev1.Secret{}); err == nil {
		t.Error("a Secret without a segment must be an error")
	}
	check("after a damaged Secret", map[string]bool{a: true, b: true})

	if err := s.Load(segmentSecret(segmentState{current: c})); err != nil {
		t.Fatal(err)
	}
	clock.SetTime(epoch.Add(time.Minute - 1))
	check("replaced by hand, within a grace", map[string]bool{a: true, b: true, c: true})
	if err := s.Load(segmentSecret(segmentState{current: c, previous: b})); err != nil {
		t.Fatal(err)
	}
	clock.SetTime(epoch.Add(time.Minute))
	check("after the grace", map[string]bool{a: false, b: true, c: true})
}

func TestFixedSegmentsAreAccepted(t *testing.T) {
	a, c := segmentOf("a"), segmentOf("c")
	s := FixedSegments(a, c)
	if !s.Accepts(a) || !s.Accepts(c) || s.Accepts(segmentOf("b")) || s.Accepts("") || s.Ready(nil) != nil || !s.Loaded() {
		t.Error("it accepts something else")
	}
}
