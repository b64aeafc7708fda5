//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// counts are the results of the creates of one mode.
type counts struct {
	creates, refused, away int
	slowest                time.Duration
}

func countAttempts(attempts []attempt, m createMode) counts {
	var c counts
	for _, a := range attempts {
		if a.mode != m {
			continue
		}
		c.creates++
		switch a.outcome {
		case refused:
			c.refused++
		case away:
			c.away++
		case admitted:
		}
		c.slowest = max(c.slowest, a.took)
	}
	return c
}

// outcomeTable shows the results of the creates, a line for each phase and mode. Writing to it never fails.
type outcomeTable struct {
	text strings.Builder
	tabs *tabwriter.Writer
}

func newOutcomeTable() *outcomeTable {
	o := &outcomeTable{}
	o.tabs = tabwriter.NewWriter(&o.text, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(o.tabs, "phase\tmanner\tcreates\trefused by Seedbed\tAPI server away\tslowest\t")
	return o
}

func (o *outcomeTable) addPhase(phase string, attempts []attempt) {
	for _, m := range []createMode{modePlain, modeAnnotated, modeDryRun} {
		if c := countAttempts(attempts, m); c.creates > 0 {
			_, _ = fmt.Fprintf(o.tabs, "%s\t%s\t%d\t%d\t%d\t%s\t\n", phase, m, c.creates, c.refused, c.away, c.slowest.Round(time.Millisecond))
		}
	}
}

// logTo writes the table to the test's log.
func (o *outcomeTable) logTo(t *testing.T) {
	t.Helper()
	_ = o.tabs.Flush()
	t.Logf("\n%s", o.text.String())
}
