package output

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestProgressOnATerminalIsOneLine(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(0, 0)
	p := NewProgress(&out, func() time.Time { return now })
	p.terminal = true
	p.Update("New")
	now = now.Add(2500 * time.Millisecond)
	p.Update("InProgress")
	p.Erase()
	want := eraseLine + "New (0s)" + eraseLine + "InProgress (2s)" + eraseLine
	if got := out.String(); got != want || strings.Contains(got, "\n") {
		t.Errorf("shown: %q, want %q", got, want)
	}
}

func TestProgressIsHiddenAtFirst(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(0, 0)
	p := NewProgress(&out, func() time.Time { return now })
	p.After = 2 * time.Second
	p.Update("Waiting")
	now = now.Add(2 * time.Second)
	p.Update("Waiting")
	p.Erase()
	if got, want := out.String(), "Waiting\n"; got != want {
		t.Errorf("shown: %q, want %q", got, want)
	}
}
