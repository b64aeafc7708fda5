package output

import (
	"io"
	"time"

	"k8s.io/cli-runtime/pkg/printers"
)

// eraseLine returns a terminal's cursor to the beginning of its line, and empties the line.
const eraseLine = "\r\x1b[2K"

// Progress shows the state of a wait: on a terminal in one line that is overwritten, elsewhere in a line for each change.
type Progress struct {
	out      io.Writer
	terminal bool
	now      func() time.Time
	begun    time.Time
	// After is the time until the first state is shown.
	After time.Duration
	last  string
}

// NewProgress returns a Progress that writes to out. now is the clock that bounds how often it writes.
func NewProgress(out io.Writer, now func() time.Time) *Progress {
	return &Progress{out: out, terminal: printers.IsTerminal(out), now: now, begun: now()}
}

// Update shows line, which must be too short to wrap on a terminal.
func (p *Progress) Update(line string) {
	if p.now().Sub(p.begun) < p.After {
		return
	}
	switch {
	case p.terminal:
		Fprintf(p.out, "%s%s (%s)", eraseLine, line, p.now().Sub(p.begun).Truncate(time.Second))
	case line != p.last:
		Fprintf(p.out, "%s\n", line)
	}
	p.last = line
}

// Keep shows a line that stays, with a line of its own on a terminal too.
func (p *Progress) Keep(line string) {
	if line == p.last && !p.terminal {
		return
	}
	p.Erase()
	Fprintf(p.out, "%s\n", line)
	p.last = line
	if p.terminal {
		p.last = ""
	}
}

// Erase removes the line from a terminal before the result is printed.
func (p *Progress) Erase() {
	if p.terminal && p.last != "" {
		Fprintf(p.out, "%s", eraseLine)
	}
}
