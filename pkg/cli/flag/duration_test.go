package flag

import (
	"testing"
	"time"
)

func TestDurationFlag(t *testing.T) {
	const day = 24 * time.Hour
	for typed, want := range map[string]time.Duration{
		"720h": 720 * time.Hour, "720h0m0s": 720 * time.Hour, "1h30m": 90 * time.Minute, "1.5h": 90 * time.Minute, "-1h": -time.Hour, "0": 0,
		"30d": 30 * day, "2w": 14 * day, "1w2d": 9 * day, "1d12h": 36 * time.Hour, "1y": 365 * day,
	} {
		var flag Duration
		if err := flag.Set(typed); err != nil || time.Duration(flag) != want {
			t.Errorf("%q is %s, %v, want %s", typed, time.Duration(flag), err, want)
		}
	}
	for _, typed := range []string{"", "soon", "30", "30 d", "1.5d", "12h1d", "d", "99999999999999d"} {
		var flag Duration
		if err := flag.Set(typed); err == nil || flag != 0 {
			t.Errorf("%q is %s", typed, time.Duration(flag))
		}
	}
}
