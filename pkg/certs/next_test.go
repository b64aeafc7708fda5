package certs

import (
	"testing"
	"time"
)

var (
	epoch      = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	testPolicy = policy{
		hosts:        []string{"seedbed-webhook.seedbed-system.svc", "127.0.0.1"},
		caLifetime:   90 * time.Hour,
		certLifetime: 9 * time.Hour,
		publishGrace: time.Minute,
	}
)

func mustCA(t *testing.T, at time.Time) *pair {
	t.Helper()
	ca, err := newCA(at, testPolicy.caLifetime)
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func mustServing(t *testing.T, at time.Time, issuer *pair) *pair {
	t.Helper()
	serving, err := newServing(at, testPolicy.certLifetime, testPolicy.hosts, issuer)
	if err != nil {
		t.Fatal(err)
	}
	return serving
}

// steadyState returns the state a moment after the bootstrap at epoch.
func steadyState(t *testing.T) state {
	t.Helper()
	ca := mustCA(t, epoch)
	s := state{issuer: ca, serving: mustServing(t, epoch, ca), bundle: newBundle(ca.leaf()), stored: true}
	s.published = []bundle{s.bundle, s.bundle}
	return s
}

// rotatingState returns steadyState with a next CA that was created at epoch and is in the bundle.
func rotatingState(t *testing.T) state {
	t.Helper()
	s := steadyState(t)
	s.next = mustCA(t, epoch.Add(time.Second))
	s.bundle = s.bundle.withPairs(s.next)
	return s
}

func TestNextStepMakesTheDueStep(t *testing.T) {
	grace := testPolicy.publishGrace
	tests := []struct {
		name  string
		state func(t *testing.T) state
		at    time.Duration // since epoch
		want  step
		check func(t *testing.T, before, after state)
	}{
		{name: "nothing there", state: func(*testing.T) state { return state{stored: true} }, want: stepBootstrap,
			check: func(t *testing.T, _, after state) {
				if after.issuer == nil || after.serving == nil || after.next != nil || len(after.bundle) != 1 {
					t.Errorf("want an issuer, its certificate and a bundle of one, got %+v", after)
				}
			}},
		{name: "all is well", state: steadyState, want: stepNone},
		{name: "serving just before two thirds", state: steadyState, at: 5 * time.Hour, want: stepNone},
		{name: "serving after two thirds", state: steadyState, at: 6 * time.Hour, want: stepReplaceServing,
			check: func(t *testing.T, before, after state) {
				if after.issuer != before.issuer || !after.bundle.equal(before.bundle) {
					t.Error("another serving certificate must change nothing else")
				}
			}},
		{name: "serving asked for", want: stepReplaceServing, state: func(t *testing.T) state {
			s := steadyState(t)
			s.request = RotateServing
			return s
		}, check: func(t *testing.T, before, after state) {
			if after.request != "" || after.serving == before.serving {
				t.Error("the request must be met and taken away")
			}
		}},
		{name: "serving for other names", want: stepReplaceServing, state: func(t *testing.T) state {
			s := steadyState(t)
			s.serving, _ = newServing(epoch, time.Hour, []string{"other"}, s.issuer)
			return s
		}},
		{name: "serving for more names", want: stepNone, state: func(t *testing.T) state {
			s := steadyState(t)
			s.serving, _ = newServing(epoch, time.Hour, append([]string{"other"}, testPolicy.hosts...), s.issuer)
			return s
		}},
		{name: "serving missing", want: stepReplaceServing, state: func(t *testing.T) state {
			s := steadyState(t)
			s.serving = nil
			return s
		}},
		{name: "serving over", state: steadyState, at: 9 * time.Hour, want: stepReplaceServing},
		{name: "serving of an unknown CA", want: stepReplaceServing, state: func(t *testing.T) state {
			s := steadyState(t)
			s.serving = mustServing(t, epoch, mustCA(t, epoch))
			return s
		}},
		{name: "serving as long as its CA", at: 89 * time.Hour, want: stepMakeNextCA, state: func(t *testing.T) state {
			s := steadyState(t)
			s.serving = mustServing(t, epoch.Add(85*time.Hour), s.issuer)
			return s
		}},
		{name: "CA just before two thirds", at: 57 * time.Hour, want: stepNone, state: lateServing(56)},
		{name: "CA after two thirds", at: 60 * time.Hour, want: stepMakeNextCA, state: lateServing(57),
			check: func(t *testing.T, before, after state) {
				if after.next == nil || len(after.bundle) != 2 || !after.bundle.contains(before.issuer) || !after.bundle.contains(after.next) {
					t.Error("the next CA must stand in the bundle beside the old one")
				}
				if after.serving != before.serving || after.issuer != before.issuer {
					t.Error("nothing may be signed by a CA that nobody knows")
				}
			}},
		{name: "CA asked for", want: stepMakeNextCA, state: func(t *testing.T) state {
			s := steadyState(t)
			s.request = RotateCA
			return s
		}, check: func(t *testing.T, _, after state) {
			if after.request != "" {
				t.Error("the request must be taken away")
			}
		}},
		{name: "CA asked for during a rotation", want: stepNone, state: func(t *testing.T) state {
			s := rotatingState(t)
			s.request = RotateCA
			return s
		}},
		{name: "an unknown request", want: stepNone, state: func(t *testing.T) state {
			s := steadyState(t)
			s.request = "everything"
			return s
		}},
		{name: "CA's key missing", want: stepMakeNextCA, state: func(t *testing.T) state {
			s := steadyState(t)
			s.issuer = nil
			return s
		}},
		{name: "CA and serving over", at: 91 * time.Hour, want: stepBootstrap, state: steadyState,
			check: func(t *testing.T, _, after state) {
				if len(after.bundle) != 1 {
					t.Error("a CA that is over must leave the bundle")
				}
			}},
		{name: "next in no webhook", state: rotatingState, at: time.Minute, want: stepNone},
		{name: "next in one webhook of two", want: stepNone, state: func(t *testing.T) state {
			s := rotatingState(t)
			s.published[0] = s.bundle
			return s
		}},
		{name: "next while there is no configuration", want: stepNone, state: func(t *testing.T) state {
			s := rotatingState(t)
			s.published = nil
			return s
		}},
		{name: "next in every webhook", at: time.Hour, want: stepNotePublished, state: publishedNext(time.Time{}),
			check: func(t *testing.T, _, after state) {
				if !after.publishedAt.Equal(epoch.Add(time.Hour)) {
					t.Errorf("published at %s", after.publishedAt)
				}
			}},
		{name: "next in every webhook, noted in the future", at: time.Hour, want: stepNotePublished,
			state: publishedNext(epoch.Add(2 * time.Hour))},
		{name: "next gone from a webhook", at: time.Hour, want: stepNoteUnpublished, state: func(t *testing.T) state {
			s := publishedNext(epoch)(t)
			s.published[1] = nil
			return s
		}},
		{name: "next before the grace is over", at: grace - 1, want: stepNone, state: publishedNext(epoch)},
		{name: "next after the grace", at: grace, want: stepSwitchCA, state: publishedNext(epoch),
			check: func(t *testing.T, before, after state) {
				if after.issuer != before.next || after.next != nil || !after.bundle.equal(before.bundle) {
					t.Error("the next CA must sign, and the old one stay in the bundle")
				}
				if !newBundle(after.issuer.leaf()).trusts(after.serving, epoch.Add(grace)) {
					t.Error("the serving certificate must be the new CA's")
				}
				if !after.unusedAt.Equal(epoch.Add(grace)) || !after.publishedAt.IsZero() {
					t.Errorf("unused since %s, published %s", after.unusedAt, after.publishedAt)
				}
			}},
		{name: "serving missing during a rotation", want: stepReplaceServing, state: func(t *testing.T) state {
			s := rotatingState(t)
			s.serving = nil
			return s
		}},
		{name: "only the next CA is left", want: stepSwitchCA, state: func(t *testing.T) state {
			s := rotatingState(t)
			s.issuer, s.serving = nil, nil
			return s
		}},
		{name: "next over before it was published", at: 91 * time.Hour, want: stepRepair, state: func(t *testing.T) state {
			s := rotatingState(t)
			s.issuer = mustCA(t, epoch.Add(80*time.Hour))
			s.serving = mustServing(t, epoch.Add(90*time.Hour), s.issuer)
			s.bundle = newBundle(s.issuer.leaf(), s.next.leaf())
			return s
		}, check: func(t *testing.T, _, after state) {
			if after.next != nil || len(after.bundle) != 1 {
				t.Error("it must be gone")
			}
		}},
		{name: "old CA before the grace is over", at: 2*grace - 1, want: stepNone, state: switchedState},
		{name: "old CA after the grace", at: 2 * grace, want: stepDropOldCAs, state: switchedState,
			check: func(t *testing.T, _, after state) {
				if len(after.bundle) != 1 || !after.bundle.contains(after.issuer) || !after.unusedAt.IsZero() {
					t.Error("the new CA alone must be left")
				}
			}},
		{name: "old CA noted in the future", at: 0, want: stepNoteUnused, state: switchedState},
		{name: "a CA put in by hand", at: time.Hour, want: stepNoteUnused, state: func(t *testing.T) state {
			s := steadyState(t)
			s.bundle = s.bundle.withPairs(mustCA(t, epoch))
			return s
		}},
		{name: "a CA that only the serving certificate stands on", at: time.Hour, want: stepNone, state: func(t *testing.T) state {
			s := steadyState(t)
			other := mustCA(t, epoch)
			s.serving, s.bundle = mustServing(t, epoch, other), s.bundle.withPairs(other)
			return s
		}},
		{name: "bundle without the CA that signs", want: stepReplaceServing, state: func(t *testing.T) state {
			s := steadyState(t)
			other := mustCA(t, epoch)
			s.serving, s.bundle = nil, newBundle(other.leaf())
			return s
		}, check: func(t *testing.T, _, after state) {
			if len(after.bundle) != 2 || !after.bundle.contains(after.issuer) {
				t.Error("intact CAs must stay, and the issuer must be added again")
			}
		}},
		{name: "bundle with damaged entries", want: stepRepair, state: func(t *testing.T) state {
			s := steadyState(t)
			s.stored = false
			return s
		}},
		{name: "cert-manager's Secret", want: stepMakeNextCA, state: func(t *testing.T) state {
			s := steadyState(t)
			s.issuer = nil
			return s
		}, check: func(t *testing.T, before, after state) {
			if after.serving != before.serving {
				t.Error("its certificate must be served until the new CA is known")
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := tt.state(t)
			now := epoch.Add(tt.at)
			after, got, wait, err := testPolicy.nextStep(before, now)
			if err != nil {
				t.Fatal(err)
			}
			if got != tt.want {
				t.Fatalf("step %q, want %q", got, tt.want)
			}
			if got == stepNone && (wait <= 0 || wait > maxWait) {
				t.Errorf("wait %s: must be above 0 and at most %s", wait, maxWait)
			}
			if !after.isServing(now) {
				t.Error("every state must serve")
			}
			if tt.check != nil {
				tt.check(t, before, after)
			}
		})
	}
}

func lateServing(hours int) func(t *testing.T) state {
	return func(t *testing.T) state {
		s := steadyState(t)
		s.serving = mustServing(t, epoch.Add(time.Duration(hours)*time.Hour), s.issuer)
		return s
	}
}

func publishedNext(at time.Time) func(t *testing.T) state {
	return func(t *testing.T) state {
		s := rotatingState(t)
		s.published = []bundle{s.bundle, s.bundle}
		s.publishedAt = at
		return s
	}
}

// switchedState returns a rotation that was switched one grace after epoch.
func switchedState(t *testing.T) state {
	s := publishedNext(epoch)(t)
	s, got, _, err := testPolicy.nextStep(s, epoch.Add(testPolicy.publishGrace))
	if err != nil || got != stepSwitchCA {
		t.Fatal(got, err)
	}
	return s
}

func TestTimeToNextStepIsTheEarliest(t *testing.T) {
	tests := []struct {
		name  string
		state func(t *testing.T) state
		at    time.Duration
		want  time.Duration
	}{
		{name: "far away", state: steadyState, want: maxWait},
		{name: "serving due", state: steadyState, at: 5*time.Hour + 40*time.Minute, want: 18*time.Minute + 20*time.Second},
		{name: "publish grace", state: publishedNext(epoch), at: 20 * time.Second, want: 40 * time.Second},
		{name: "unused grace", state: switchedState, at: 90 * time.Second, want: 30 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, got, wait, err := testPolicy.nextStep(tt.state(t), epoch.Add(tt.at))
			if err != nil || got != stepNone {
				t.Fatalf("step %q, error %v", got, err)
			}
			if wait != tt.want {
				t.Errorf("wait %s, want %s", wait, tt.want)
			}
		})
	}
}
