package output

import (
	"io"
	"time"

	"k8s.io/cli-runtime/pkg/printers"
)

// eraseLine puts a terminal's cursor at the beginning of its line, emptied.
const eraseLine = "\r\x1b[2K"

// progress shows how a wait goes on: on a terminal in one line that is written again and again, elsewhere
// in a line for each change.
type Progress struct {
	out      io.Writer
	terminal bool
	now      func() time.Time
	begun    time.Time
	// after is how long nothing is shown.
	After time.Duration
	last  string
}

func NewProgress(out io.Writer, now func() time.Time) *Progress {
	return &Progress{out: out, terminal: printers.IsTerminal(out), now: now, begun: now()}
}

// state shows line, which is short: it must not wrap on a terminal.
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

// end removes the line from a terminal, so that the result stands alone.
func (p *Progress) Erase() {
	if p.terminal && p.last != "" {
		Fprintf(p.out, "%s", eraseLine)
	}
}
