package certs

import (
	"testing"
	"time"
)

func TestRecoverLostCertificates(t *testing.T) {
	whole := func(t *testing.T) (state, *pair) {
		s := steadyState(t)
		return s, s.serving
	}
	tests := []struct {
		name  string
		state func(t *testing.T) (found state, served *pair)
		at    time.Duration
		// wantServing is true if the served certificate is recovered, wantCAs is the size of the bundle.
		wantServing bool
		wantCAs     int
		wantStored  bool
	}{
		{name: "nothing lost", state: whole, wantServing: true, wantCAs: 1, wantStored: true},
		{name: "nothing ever there", wantStored: true, state: func(*testing.T) (state, *pair) {
			return state{stored: true}, nil
		}},
		{name: "deleted", wantServing: true, wantCAs: 1, state: func(t *testing.T) (state, *pair) {
			s, served := whole(t)
			return state{stored: true, published: s.published}, served
		}},
		{name: "deleted, and the leader is new", wantCAs: 1, state: func(t *testing.T) (state, *pair) {
			s, _ := whole(t)
			return state{stored: true, published: s.published}, nil
		}},
		{name: "deleted with the configuration", wantStored: true, state: func(t *testing.T) (state, *pair) {
			_, served := whole(t)
			return state{stored: true}, served
		}},
		{name: "deleted after the served certificate expired", at: 10 * time.Hour, wantCAs: 1, state: func(t *testing.T) (state, *pair) {
			s, served := whole(t)
			return state{stored: true, published: s.published}, served
		}},
		{name: "serving damaged", wantServing: true, wantCAs: 1, state: func(t *testing.T) (state, *pair) {
			s, served := whole(t)
			s.serving = nil
			return s, served
		}},
		{name: "bundle cut", wantServing: true, wantCAs: 2, state: func(t *testing.T) (state, *pair) {
			s, served := whole(t)
			s.bundle, s.stored = newBundle(mustCA(t, epoch).leaf()), false
			return s, served
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, served := tt.state(t)
			now := epoch.Add(tt.at)
			s.recoverLost(served, now)
			if got := s.serving != nil && s.serving == served; got != tt.wantServing {
				t.Errorf("serves again: %t, want %t", got, tt.wantServing)
			}
			if len(s.bundle) != tt.wantCAs || s.stored != tt.wantStored {
				t.Errorf("%d CAs, stored %t; want %d, %t", len(s.bundle), s.stored, tt.wantCAs, tt.wantStored)
			}
		})
	}
}
