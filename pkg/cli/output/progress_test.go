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

func TestProgressKeepsLines(t *testing.T) {
	for name, test := range map[string]struct {
		terminal bool
		want     string
	}{
		"on a terminal": {true, eraseLine + "one (0s)" + eraseLine + "one is done\n" + eraseLine + "two (0s)"},
		"elsewhere":     {false, "one\none is done\ntwo\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			p := NewProgress(&out, func() time.Time { return time.Unix(0, 0) })
			p.terminal = test.terminal
			p.Update("one")
			p.Keep("one is done")
			p.Update("two")
			if !test.terminal {
				p.Keep("two")
			}
			if got := out.String(); got != test.want {
				t.Errorf("shown: %q, want %q", got, test.want)
			}
		})
	}
}
