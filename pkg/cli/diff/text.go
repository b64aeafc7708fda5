package diff

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"k8s.io/cli-runtime/pkg/printers"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/output"
)

// maxNotCompared bounds the objects that were not compared and are named.
const maxNotCompared = 20

// writeText prints the diffs, each after a line with the managers of its fields, the objects that were not compared, and the counts.
func writeText(out io.Writer, r *report) {
	for _, shown := range r.Differences {
		reason := shown.Reason
		if shown.Diff == "" { // the error stream has the reason
			reason = cmp.Or(reason, strings.ToLower(string(shown.Result))) + " (not shown)"
		}
		if reason != "" {
			output.Fprintf(out, "# %s/%s: %s\n", r.Namespace, output.OneLine(shown.Object), output.OneLine(reason))
		}
		output.Fprintf(out, "%s", printers.EscapeTerminal(shown.Diff))
	}
	for i, left := range r.NotCompared {
		if i == maxNotCompared {
			output.Fprintf(out, "Not compared: %d more\n", len(r.NotCompared)+int(r.omitted)-i)
			break
		}
		output.Fprintf(out, "Not compared: %s (%s: %s)\n", output.OneLine(left.Object), strings.ToLower(output.OneLine(string(left.Result))), output.OneLine(left.Reason))
	}
	output.Fprintf(out, "%s\n", r.summary())
}

// summary returns the counts in a line.
func (r *report) summary() string {
	isFailed := func(left difference) bool { return left.Result == v1alpha1.ResultFailed }
	switch {
	case !r.differs() && slices.ContainsFunc(r.NotCompared, isFailed):
		return fmt.Sprintf("No differences in the %d objects that could be compared.", r.Objects)
	case !r.differs():
		return "No differences."
	}
	var parts []string
	for _, part := range []struct {
		count int32
		word  string
	}{{r.Changed, "changed"}, {r.Missing, "missing"}, {r.Disowned, "disowned"}} {
		if part.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.count, part.word))
		}
	}
	verb := "differ"
	if r.Changed+r.Missing+r.Disowned == 1 {
		verb = "differs"
	}
	return fmt.Sprintf("%d of %d objects %s: %s.", r.Changed+r.Missing+r.Disowned, r.Objects, verb, strings.Join(parts, ", "))
}
