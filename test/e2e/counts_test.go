//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// counts are of the creates of one manner.
type counts struct {
	creates, refused, away int
	slowest                time.Duration
}

func countOf(attempts []attempt, m manner) counts {
	var c counts
	for _, a := range attempts {
		if a.manner != m {
			continue
		}
		c.creates++
		switch a.outcome {
		case refused:
			c.refused++
		case away:
			c.away++
		}
		c.slowest = max(c.slowest, a.took)
	}
	return c
}

// table shows what came of the creates, a line for each phase and manner.
// Writing to it never fails.
type table struct {
	text strings.Builder
	tabs *tabwriter.Writer
}

func newTable() *table {
	t := &table{}
	t.tabs = tabwriter.NewWriter(&t.text, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(t.tabs, "phase\tmanner\tcreates\trefused by Seedbed\tAPI server away\tslowest\t")
	return t
}

func (t *table) add(phase string, attempts []attempt) {
	for _, m := range []manner{plainly, byAnnotation, byDryRun} {
		if c := countOf(attempts, m); c.creates > 0 {
			_, _ = fmt.Fprintf(t.tabs, "%s\t%s\t%d\t%d\t%d\t%s\t\n", phase, m, c.creates, c.refused, c.away, c.slowest.Round(time.Millisecond))
		}
	}
}

// print shows it in the test's log.
func (t *table) print(to *testing.T) {
	to.Helper()
	_ = t.tabs.Flush()
	to.Logf("\n%s", t.text.String())
}
