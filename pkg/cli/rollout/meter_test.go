package rollout

import (
	"testing"
	"time"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func TestMeter(t *testing.T) {
	var m meter
	observe := func(step, updated int32, after time.Duration) string {
		m.observe(&v1alpha1.RolloutStatus{RevisionHash: newHash, Step: step, Updated: updated}, noon.Add(after))
		return m.format(300 - updated)
	}
	for _, each := range []struct {
		name          string
		step, updated int32
		after         time.Duration
		want          string
	}{
		{"at first", 1, 10, 0, ""},
		{"nothing yet", 1, 10, time.Second, ""},
		{"fast", 1, 50, 2 * time.Second, ", 20/s, 20s left"},
		{"as it was", 1, 50, 9 * time.Second, ", 20/s, 20s left"},
		{"slow", 1, 51, 100 * time.Second, ", 0.4/s, 11m left"},
		{"another step", 2, 60, 101 * time.Second, ""},
		{"at the end", 2, 300, 102 * time.Second, ", 240/s"},
	} {
		if got := observe(each.step, each.updated, each.after); got != each.want {
			t.Errorf("%s: %q, want %q", each.name, got, each.want)
		}
	}
}

func TestFormatLeft(t *testing.T) {
	for left, want := range map[time.Duration]string{
		-time.Second: "0s", time.Second: "10s", 50 * time.Second: "50s", 51 * time.Second: "1m", time.Minute: "1m", 61 * time.Second: "2m", 59*time.Minute + 1: "1h0m", 150 * time.Minute: "2h30m",
	} {
		if got := formatLeft(left); got != want {
			t.Errorf("formatLeft(%s) = %q, want %q", left, got, want)
		}
	}
}
