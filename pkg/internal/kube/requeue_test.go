package kube

import (
	"testing"
	"time"
)

func TestSoonest(t *testing.T) {
	for name, test := range map[string]struct {
		delays []time.Duration
		want   time.Duration
	}{
		"no delay":               {},
		"no reconcile asked for": {delays: []time.Duration{0, 0}},
		"one delay":              {delays: []time.Duration{time.Second}, want: time.Second},
		"the shortest":           {delays: []time.Duration{time.Minute, time.Second, time.Hour}, want: time.Second},
		"zero is no delay":       {delays: []time.Duration{0, time.Minute}, want: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Soonest(test.delays...); got != test.want {
				t.Errorf("Soonest(%v) = %s, want %s", test.delays, got, test.want)
			}
		})
	}
}
